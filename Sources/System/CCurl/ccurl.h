/* Typed wrappers of libcurl's variadic functions, which Swift cannot call: one for each kind of argument. */
#ifndef C_CURL_H
#define C_CURL_H

#include <stdbool.h>
#include <curl/curl.h>

typedef size_t (*ccurl_write)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode ccurl_set_write(CURL *easy, CURLoption option, ccurl_write value) {
    return curl_easy_setopt(easy, option, value);
}
/* The values are an enumeration in libcurl 7 (Debian 12), and macros of type long in 8.14 (Debian 13). */
static inline CURLcode ccurl_set_use_ssl(CURL *easy, bool all) {
    return curl_easy_setopt(easy, CURLOPT_USE_SSL, all ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
}
static inline CURLcode ccurl_status(CURL *easy, long *value) {
    return curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, value);
}
static inline CURLcode ccurl_os_errno(CURL *easy, long *value) {
    return curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, value);
}
/* The bytes sent: request lines, headers and body. */
static inline CURLcode ccurl_request_size(CURL *easy, long *value) {
    return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, value);
}
/* Seconds of Retry-After; 0 if the answer has none. */
static inline CURLcode ccurl_retry_after(CURL *easy, curl_off_t *value) {
    return curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, value);
}
/* What the certificates of the server say, if CURLOPT_CERTINFO was set. */
static inline CURLcode ccurl_certificates(CURL *easy, struct curl_certinfo **value) {
    return curl_easy_getinfo(easy, CURLINFO_CERTINFO, value);
}
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
static inline CURLcode ccurl_result(CURLMsg *message) { return message->data.result; }

#endif
