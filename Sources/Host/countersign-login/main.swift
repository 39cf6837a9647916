// Runs one login: fd 3 is the socket to the module, fd 4 the one to countersign-net. Ends at end of file on fd 3.
internal import CSyscalls
internal import Frames
internal import Glibc

guard system_harden() == 0 else { exit(1) }
signal(SIGPIPE, SIG_IGN)
// A file that exceeds RLIMIT_FSIZE is an error to report and must not end the process (setrlimit(2)).
signal(SIGXFSZ, SIG_IGN)
let module = Channel(descriptor: 3)
guard let login = LoginRequest.receive(from: module) else { exit(1) }
var session = Login(login: login, module: module, net: Channel(descriptor: 4))
session.run()
// Skip cleanup: nothing needs it, and the login program waits for this process to end.
_exit(0)
