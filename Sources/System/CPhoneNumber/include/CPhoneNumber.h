// What countersignd and the `countersign` command ask of Google's libphonenumber, which is C++. Nothing that logs anybody in links this.
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
    /// Only good within one area: it lacks the area code.
    PHONE_LENGTH_LOCAL = 1,
    PHONE_LENGTH_TOO_SHORT = 2,
    PHONE_LENGTH_TOO_LONG = 3,
    /// Neither too short nor too long, but of a length that the plan does not have.
    PHONE_LENGTH_IMPOSSIBLE = 4,
};

/// One reading of a number, without the prefixes that are only dialed.
struct phone_reading {
    /// Digits, without a leading 0; ends with NUL.
    char country_code[4];
    /// Digits of the national significant number (ITU-T E.164), with a leading 0 where it has one; ends with NUL.
    char national[24];
    enum phone_length length;
    /// Whether the plan has given out numbers like this one; a number that is possible need not be valid.
    bool is_valid;
    /// Valid, and surely a mobile number.
    bool is_mobile;
    /// Whether national numbers may begin with 0 in this plan; only told of a number that begins with 0, or is not valid.
    bool keeps_zero;
    /// Whether, in such a plan, the same number would be valid with a 0 before it, or without the 0 that it begins with.
    bool is_valid_other_zero;
};

/// Reads a number.
///
/// \param number ASCII digits, a + before them or not; at most 64 bytes. Need not end with NUL; it is only read.
/// \param length of `number`, in bytes.
/// \param country_code the country in which it was written, 1 to 999; 0 where there is none, and for a number with a +.
/// \param reading set where the result is 1.
/// \return 1; 0 if this is no number, or there is no such country; -EINVAL for what is longer or has other characters; -ENOMEM where the
///   library fails.
int phone_read(const char *_Nonnull number, size_t length, int country_code, struct phone_reading *_Nonnull reading);

/// \return whether a country or a network has this code. False where the library fails.
bool phone_has_country_code(int country_code);

#ifdef __cplusplus
}
#endif

#endif
