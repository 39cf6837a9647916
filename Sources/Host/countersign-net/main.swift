// Asks the one server that it is told of. fd 3 leads to countersign-login; when that is closed, this ends.
internal import AuthyAPI
internal import CFrames
internal import CSyscalls
internal import Frames
internal import Glibc

guard system_harden() == 0 else { exit(1) }
signal(SIGPIPE, SIG_IGN)
// A name server that is gone costs one second and not five (resolv.conf(5)); the other options of this host stay.
setenv("RES_OPTIONS", "timeout:1 attempts:3", 1)
let login = Channel(descriptor: 3)
Channel.wait(for: [login], until: system_now() + 10_000)
guard case .frame(let frame) = login.receive(), let server = ServerFrame(frame) else { exit(1) }
Service(login: login, server: server).run()
// Nothing is left to be put in order, and the login waits for this.
_exit(0)
