//! Makes the calls of authy-rs: a line of JSON with `call` and its parameters comes in,
//! a line with what the client reports goes out.

use authy::api::phone::ContactType;
use authy::api::user::ActivityType;
use authy::api::{app, onetouch, phone, user};
use authy::{AuthyError, Client};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::io::BufRead;

fn text<'a>(it: &'a Value, key: &str) -> &'a str {
    it[key].as_str().unwrap_or_default()
}

fn texts<'a>(it: &'a Value, key: &str) -> HashMap<&'a str, String> {
    let members = it[key].as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default().to_string())).collect()
}

fn call(client: &Client, it: &Value) -> Result<Value, AuthyError> {
    let id = it["id"].as_u64().unwrap_or_default() as u32;
    let country = it["country_code"].as_u64().unwrap_or_default() as u16;
    let (number, code, force) = (text(it, "phone"), text(it, "code"), it["force"] == true);
    Ok(match text(it, "call") {
        "register" => {
            let (status, user) = user::create(client, text(it, "email"), country, number, false)?;
            json!({"ok": status.success, "message": status.message, "id": user.id})
        }
        "status" => {
            let (status, user) = user::status(client, id)?;
            json!({"ok": status.success, "message": status.message, "body": {"success": status.success, "status": {
                "authy_id": user.id, "confirmed": user.confirmed, "registered": user.registered,
                "country_code": user.country_code, "phone_number": user.phone_number, "devices": user.devices}}})
        }
        "delete" => {
            let status = user::delete(client, id)?;
            json!({"ok": status.success, "message": status.message})
        }
        "verify" => {
            let status = user::verify(client, id, code)?;
            json!({"ok": status.success, "message": status.message})
        }
        "sms" | "call" => {
            let (status, sent) = if text(it, "call") == "sms" {
                user::sms(client, id, force, None, None)?
            } else {
                user::call(client, id, force, None, None)?
            };
            json!({"ok": status.success, "message": status.message, "ignored": sent.ignored == Some(true),
                   "body": {"cellphone": sent.cellphone, "device": sent.device}})
        }
        "activity" => {
            let (data, kind) = (texts(it, "data"), ActivityType::CookieLogin);
            let status = user::register_activity(client, id, Some(&data), kind, text(it, "ip"))?;
            json!({"ok": status.success, "message": status.message})
        }
        "start" => {
            let via = if text(it, "via") == "sms" { ContactType::SMS } else { ContactType::Call };
            let length = it["length"].as_u64().map(|length| length as u8);
            let (status, start) = phone::start(client, via, country, number, length, None)?;
            json!({"ok": status.success, "message": start.message})
        }
        "check" => {
            let status = phone::check(client, country, number, code)?;
            json!({"ok": status.success, "message": status.message})
        }
        "info" => {
            let (status, info) = phone::info(client, country, number, None)?;
            json!({"ok": status.success, "message": status.message, "body": {"type": info.phone_type}})
        }
        "ask" => {
            let seconds = it["seconds"].as_u64().map(|seconds| seconds as u32);
            let logos: HashMap<&str, String> = it["logos"].as_array().into_iter().flatten()
                .map(|logo| (text(logo, "res"), text(logo, "url").to_string())).collect();
            let (details, hidden) = (texts(it, "details"), texts(it, "hidden"));
            let (status, request) = onetouch::request(
                client, id, text(it, "message"), Some(&details), Some(&hidden), Some(&logos), seconds)?;
            // Its field is private.
            json!({"ok": status.success, "message": status.message, "uuid": serde_json::to_value(&request)?["uuid"]})
        }
        "application" => {
            let (status, details) = app::details(client)?;
            json!({"ok": status.success, "message": status.message, "body": {"app": {
                "app_id": details.app_id, "name": details.name, "onetouch_enabled": details.onetouch_enabled,
                "sms_enabled": details.sms_enabled}}})
        }
        "statistics" => {
            let (status, stats) = app::stats(client)?;
            let months = stats.iter().map(|month| json!({"month": month.month, "sms_count": month.sms_count}));
            let months: Vec<Value> = months.collect();
            json!({"ok": status.success, "message": status.message, "body": {"stats": months}})
        }
        other => json!({"ok": false, "raised": format!("no such call: {other}")}),
    })
}

fn main() {
    let from = |name| std::env::var(name).expect("set by the test");
    let client = Client::new(&from("API_URL"), &from("API_KEY"));
    for line in std::io::stdin().lock().lines() {
        let it: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        let answer = call(&client, &it).unwrap_or_else(
            |error| json!({"ok": false, "raised": format!("{error:?}"), "message": error.to_string()}));
        println!("{answer}");
    }
}
