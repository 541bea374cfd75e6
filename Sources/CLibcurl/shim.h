// libcurl behind typed functions: Swift cannot call variadic C, so there is one setter and one getter a kind of argument.
#ifndef TICK_CLIBCURL_SHIM_H
#define TICK_CLIBCURL_SHIM_H

#include <curl/curl.h>

typedef size_t (*tick_curl_data_callback)(char *, size_t, size_t, void *);
typedef int (*tick_curl_progress_callback)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
typedef int (*tick_curl_seek_callback)(void *, curl_off_t, int);

static inline CURLcode tick_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tick_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tick_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tick_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tick_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tick_curl_set_data_callback(CURL *handle, CURLoption option, tick_curl_data_callback value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tick_curl_set_progress_callback(CURL *handle, tick_curl_progress_callback value) {
    return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}
static inline CURLcode tick_curl_set_seek_callback(CURL *handle, tick_curl_seek_callback value) {
    return curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, value);
}
static inline CURLcode tick_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode tick_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode tick_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    char *found = 0;
    CURLcode code = curl_easy_getinfo(handle, info, &found);
    *value = found;
    return code;
}
static inline CURLcode tick_curl_get_pointer(CURL *handle, void **value) {
    return curl_easy_getinfo(handle, CURLINFO_PRIVATE, (char **)value);
}
static inline CURLMcode tick_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
// Strings since 7.85; the bit mask of before is deprecated since then. Ubuntu 22.04 has 7.81.
static inline CURLcode tick_curl_allow_http_only(CURL *handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}
static inline CURLcode tick_curl_message_result(CURLMsg *message) { return message->data.result; }
// A macro in C, so unknown to Swift.
static inline CURLcode tick_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_ALL); }

#endif
