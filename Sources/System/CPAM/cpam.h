/* libpam as a login program uses it, and its conversation for terminals. */
#include <security/pam_appl.h>
#include <security/pam_misc.h>
