#include "CPhoneNumber.h"

#include <phonenumbers/phonenumberutil.h>

#include <cerrno>
#include <cstring>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

constexpr size_t longest = 64;

bool has_other_characters(const std::string &text) {
    const size_t digits = text[0] == '+' ? 1 : 0;
    return text.size() == digits || text.find_first_not_of("0123456789", digits) != std::string::npos;
}

/// False for a code that does not exist, and for one of a network that is in no country.
bool find_region(int country_code, std::string *region) {
    PhoneNumberUtil::GetInstance()->GetRegionCodeForCountryCode(country_code, region);
    return *region != "ZZ" && *region != "001";
}

enum phone_length length_of(const PhoneNumber &number) {
    switch (PhoneNumberUtil::GetInstance()->IsPossibleNumberWithReason(number)) {
    case PhoneNumberUtil::IS_POSSIBLE: return PHONE_LENGTH_POSSIBLE;
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY: return PHONE_LENGTH_LOCAL;
    case PhoneNumberUtil::TOO_SHORT: return PHONE_LENGTH_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG: return PHONE_LENGTH_TOO_LONG;
    default: return PHONE_LENGTH_IMPOSSIBLE;
    }
}

/// The library has no function for this: its example numbers tell.
bool keeps_zero(int country_code) {
    const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    std::string region;
    if (!find_region(country_code, &region)) return false;
    for (const auto type : {PhoneNumberUtil::FIXED_LINE, PhoneNumberUtil::MOBILE}) {
        PhoneNumber example;
        if (util->GetExampleNumberForType(region, type, &example) && example.italian_leading_zero()) return true;
    }
    return false;
}

bool is_valid_other_zero(const PhoneNumber &number) {
    PhoneNumber other = number;
    if (number.italian_leading_zero()) {
        if (number.number_of_leading_zeros() > 1)
            other.set_number_of_leading_zeros(number.number_of_leading_zeros() - 1);
        else other.clear_italian_leading_zero();
    } else {
        other.set_italian_leading_zero(true);
    }
    return PhoneNumberUtil::GetInstance()->IsValidNumber(other);
}

bool copy(const std::string &digits, char *to, size_t size) {
    if (digits.size() >= size) return false;
    memcpy(to, digits.c_str(), digits.size() + 1);
    return true;
}

int read(const std::string &text, int country_code, struct phone_reading *reading) {
    const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    std::string region = "ZZ";
    if (text[0] != '+' && !find_region(country_code, &region)) return 0;
    PhoneNumber number;
    if (util->Parse(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR || number.has_extension()) return 0;
    std::string national;
    util->GetNationalSignificantNumber(number, &national);
    memset(reading, 0, sizeof *reading);
    if (!copy(std::to_string(number.country_code()), reading->country_code, sizeof reading->country_code)) return 0;
    if (!copy(national, reading->national, sizeof reading->national)) return 0;
    reading->length = length_of(number);
    reading->is_valid = util->IsValidNumber(number);
    reading->is_mobile = util->GetNumberType(number) == PhoneNumberUtil::MOBILE;
    // Almost no number needs these, and they take half of the time.
    reading->keeps_zero = (number.italian_leading_zero() || !reading->is_valid) && keeps_zero(number.country_code());
    reading->is_valid_other_zero = reading->keeps_zero && is_valid_other_zero(number);
    return 1;
}

} // namespace

// No exception may reach Swift.

extern "C" int phone_read(const char *number, size_t length, int country_code, struct phone_reading *reading) {
    try {
        if (length == 0 || length > longest) return -EINVAL;
        const std::string text(number, length);
        return has_other_characters(text) ? -EINVAL : read(text, country_code, reading);
    } catch (...) {
        return -ENOMEM;
    }
}

extern "C" bool phone_has_country_code(int country_code) {
    try {
        std::string region;
        PhoneNumberUtil::GetInstance()->GetRegionCodeForCountryCode(country_code, &region);
        return region != "ZZ";
    } catch (...) {
        return false;
    }
}
