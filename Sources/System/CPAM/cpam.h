/* libpam as a login program uses it (pam(3)), and its conversation for terminals (misc_conv(3)). */
#include <security/pam_appl.h>
#include <security/pam_misc.h>
