// One login: fd 3 leads to the module, fd 4 to countersign-net. Ends when the module's end is closed.
internal import CSyscalls
internal import Frames
internal import Glibc

guard system_harden() == 0 else { exit(1) }
signal(SIGPIPE, SIG_IGN)
// A full disk, or a limit on files, is an error that is reported, and not the end.
signal(SIGXFSZ, SIG_IGN)
let module = Channel(descriptor: 3)
guard let visit = Visit.receive(from: module) else { exit(1) }
var login = Login(visit: visit, module: module, net: Channel(descriptor: 4))
login.run()
// Nothing is left to be put in order, and the login program waits for this.
_exit(0)
