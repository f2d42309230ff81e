#include <curl/curl.h>

/* Swift cannot call C functions with variable arguments: one wrapper for each kind of option. */

typedef size_t (*wegent_curl_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode wegent_curl_set_long(CURL *easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode wegent_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode wegent_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode wegent_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode wegent_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode wegent_curl_set_callback(CURL *easy, CURLoption option, wegent_curl_callback value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode wegent_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(easy, info, value);
}

/* Only these; the option that takes names replaced the one that takes bits in 7.85. */
static inline CURLcode wegent_curl_allow_http(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
    CURLcode code = (curl_easy_setopt)(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    return code ? code : (curl_easy_setopt)(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
    CURLcode code = (curl_easy_setopt)(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    return code ? code : (curl_easy_setopt)(easy, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* Macros with casts, which Swift does not import. */
static const size_t wegent_curl_pause = CURL_WRITEFUNC_PAUSE;
static const long wegent_curl_global_all = CURL_GLOBAL_ALL;

/* The result of a finished transfer; NULL in `*easy` when `message` speaks of something else. */
static inline CURLcode wegent_curl_done(const CURLMsg *message, CURL **easy) {
    *easy = message->msg == CURLMSG_DONE ? message->easy_handle : NULL;
    return message->msg == CURLMSG_DONE ? message->data.result : CURLE_OK;
}
