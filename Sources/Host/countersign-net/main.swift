// Sends requests to the one server that the first frame names. fd 3 is the socket to countersign-login; ends at end of
// file on it.
internal import CSyscalls
internal import Frames
internal import Glibc
internal import NetProtocol

guard system_harden() == 0 else { exit(1) }
signal(SIGPIPE, SIG_IGN)
// A name server that is down costs one second instead of five (resolv.conf(5)); other options of this host stay.
setenv("RES_OPTIONS", "timeout:1 attempts:3", 1)
let login = Channel(descriptor: 3)
Channel.wait(for: [login], until: system_now() + 10_000)
guard case .frame(let frame) = login.receive(), let server = NetServer(frame) else { exit(1) }
Service(login: login, server: server).run()
// Skip cleanup: nothing needs it, and the login waits for this process to end.
_exit(0)
