// C functions over Google's libphonenumber, which is C++, for countersignd and the `countersign` command. No program
// that takes part in a login links this.
#ifndef C_PHONE_NUMBER_H
#define C_PHONE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// How the length of a number fits the numbering plan of its country.
enum phone_length {
    PHONE_LENGTH_POSSIBLE = 0,
    /// Valid only within one area: the area code is missing.
    PHONE_LENGTH_LOCAL = 1,
    PHONE_LENGTH_TOO_SHORT = 2,
    PHONE_LENGTH_TOO_LONG = 3,
    /// Neither too short nor too long, but a length that the plan does not have.
    PHONE_LENGTH_IMPOSSIBLE = 4,
};

/// One reading of a number, without the prefixes that are only dialed.
struct phone_reading {
    /// Digits, without a leading 0; ends with NUL.
    char country_code[4];
    /// Digits of the national significant number (ITU-T E.164), with a leading 0 if it has one; ends with NUL.
    char national[24];
    enum phone_length length;
    /// Whether the plan has given out such numbers; a number of a possible length need not be valid.
    bool is_valid;
    /// Valid, and certain to be a mobile number.
    bool is_mobile;
    /// Whether national numbers of this plan may begin with 0; set only for one that begins with 0 or is not valid.
    bool keeps_zero;
    /// Whether, in such a plan, the number would be valid with a 0 before it, or without the 0 that it begins with.
    bool is_valid_other_zero;
};

/// Reads a number.
///
/// \param number ASCII digits, with or without a + before them; at most 64 bytes, without a NUL at the end.
/// \param length the length of `number`, in bytes.
/// \param country_code the country of a number without a +, 1 to 999; 0 if there is none.
/// \param reading set if the result is 1.
/// \return 1; 0 if it is not a number, or the country does not exist; -EINVAL if it is longer or has other characters;
///   -ENOMEM if the library fails.
int phone_read(const char *_Nonnull number, size_t length, int country_code, struct phone_reading *_Nonnull reading);

/// \return whether a country or a network has this code. False if the library fails.
bool phone_has_country_code(int country_code);

#ifdef __cplusplus
}
#endif

#endif
