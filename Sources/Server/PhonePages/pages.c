#include "PhonePages.h"

static const unsigned char add_phone_js[] = {
#embed "pages/add-phone.js"
};
static const unsigned char api_js[] = {
#embed "pages/api.js"
};
static const unsigned char applications_list_js[] = {
#embed "pages/applications-list.js"
};
static const unsigned char bytes_js[] = {
#embed "pages/bytes.js"
};
static const unsigned char card_js[] = {
#embed "pages/card.js"
};
static const unsigned char clock_js[] = {
#embed "pages/clock.js"
};
static const unsigned char codes_view_js[] = {
#embed "pages/codes-view.js"
};
static const unsigned char devices_view_js[] = {
#embed "pages/devices-view.js"
};
static const unsigned char dom_js[] = {
#embed "pages/dom.js"
};
static const unsigned char enroll_view_js[] = {
#embed "pages/enroll-view.js"
};
static const unsigned char guard_js[] = {
#embed "pages/guard.js"
};
static const unsigned char history_view_js[] = {
#embed "pages/history-view.js"
};
static const unsigned char icon_192_png[] = {
#embed "pages/icon-192.png"
};
static const unsigned char icon_512_png[] = {
#embed "pages/icon-512.png"
};
static const unsigned char icon_svg[] = {
#embed "pages/icon.svg"
};
static const unsigned char index_html[] = {
#embed "pages/index.html"
};
static const unsigned char keeping_js[] = {
#embed "pages/keeping.js"
};
static const unsigned char keys_js[] = {
#embed "pages/keys.js"
};
static const unsigned char live_js[] = {
#embed "pages/live.js"
};
static const unsigned char main_js[] = {
#embed "pages/main.js"
};
static const unsigned char manifest_webmanifest[] = {
#embed "pages/manifest.webmanifest"
};
static const unsigned char notice_js[] = {
#embed "pages/notice.js"
};
static const unsigned char notifications_js[] = {
#embed "pages/notifications.js"
};
static const unsigned char phone_js[] = {
#embed "pages/phone.js"
};
static const unsigned char questions_view_js[] = {
#embed "pages/questions-view.js"
};
static const unsigned char request_js[] = {
#embed "pages/request.js"
};
static const unsigned char requests_view_js[] = {
#embed "pages/requests-view.js"
};
static const unsigned char shell_js[] = {
#embed "pages/shell.js"
};
static const unsigned char store_js[] = {
#embed "pages/store.js"
};
static const unsigned char style_css[] = {
#embed "pages/style.css"
};
static const unsigned char sw_js[] = {
#embed "pages/sw.js"
};
static const unsigned char texts_de_js[] = {
#embed "pages/texts-de.js"
};
static const unsigned char texts_en_js[] = {
#embed "pages/texts-en.js"
};
static const unsigned char texts_es_js[] = {
#embed "pages/texts-es.js"
};
static const unsigned char texts_js[] = {
#embed "pages/texts.js"
};
static const unsigned char totp_js[] = {
#embed "pages/totp.js"
};

static const phone_page table[] = {
    {"add-phone.js", "text/javascript; charset=utf-8", add_phone_js, sizeof add_phone_js},
    {"api.js", "text/javascript; charset=utf-8", api_js, sizeof api_js},
    {"applications-list.js", "text/javascript; charset=utf-8", applications_list_js, sizeof applications_list_js},
    {"bytes.js", "text/javascript; charset=utf-8", bytes_js, sizeof bytes_js},
    {"card.js", "text/javascript; charset=utf-8", card_js, sizeof card_js},
    {"clock.js", "text/javascript; charset=utf-8", clock_js, sizeof clock_js},
    {"codes-view.js", "text/javascript; charset=utf-8", codes_view_js, sizeof codes_view_js},
    {"devices-view.js", "text/javascript; charset=utf-8", devices_view_js, sizeof devices_view_js},
    {"dom.js", "text/javascript; charset=utf-8", dom_js, sizeof dom_js},
    {"enroll-view.js", "text/javascript; charset=utf-8", enroll_view_js, sizeof enroll_view_js},
    {"guard.js", "text/javascript; charset=utf-8", guard_js, sizeof guard_js},
    {"history-view.js", "text/javascript; charset=utf-8", history_view_js, sizeof history_view_js},
    {"icon-192.png", "image/png", icon_192_png, sizeof icon_192_png},
    {"icon-512.png", "image/png", icon_512_png, sizeof icon_512_png},
    {"icon.svg", "image/svg+xml", icon_svg, sizeof icon_svg},
    {"index.html", "text/html; charset=utf-8", index_html, sizeof index_html},
    {"keeping.js", "text/javascript; charset=utf-8", keeping_js, sizeof keeping_js},
    {"keys.js", "text/javascript; charset=utf-8", keys_js, sizeof keys_js},
    {"live.js", "text/javascript; charset=utf-8", live_js, sizeof live_js},
    {"main.js", "text/javascript; charset=utf-8", main_js, sizeof main_js},
    {"manifest.webmanifest", "application/manifest+json", manifest_webmanifest, sizeof manifest_webmanifest},
    {"notice.js", "text/javascript; charset=utf-8", notice_js, sizeof notice_js},
    {"notifications.js", "text/javascript; charset=utf-8", notifications_js, sizeof notifications_js},
    {"phone.js", "text/javascript; charset=utf-8", phone_js, sizeof phone_js},
    {"questions-view.js", "text/javascript; charset=utf-8", questions_view_js, sizeof questions_view_js},
    {"request.js", "text/javascript; charset=utf-8", request_js, sizeof request_js},
    {"requests-view.js", "text/javascript; charset=utf-8", requests_view_js, sizeof requests_view_js},
    {"shell.js", "text/javascript; charset=utf-8", shell_js, sizeof shell_js},
    {"store.js", "text/javascript; charset=utf-8", store_js, sizeof store_js},
    {"style.css", "text/css; charset=utf-8", style_css, sizeof style_css},
    {"sw.js", "text/javascript; charset=utf-8", sw_js, sizeof sw_js},
    {"texts-de.js", "text/javascript; charset=utf-8", texts_de_js, sizeof texts_de_js},
    {"texts-en.js", "text/javascript; charset=utf-8", texts_en_js, sizeof texts_en_js},
    {"texts-es.js", "text/javascript; charset=utf-8", texts_es_js, sizeof texts_es_js},
    {"texts.js", "text/javascript; charset=utf-8", texts_js, sizeof texts_js},
    {"totp.js", "text/javascript; charset=utf-8", totp_js, sizeof totp_js},
};

const phone_page *const phone_pages_table = table;
const size_t phone_pages_count = sizeof table / sizeof *table;
