# Makes the calls of authy-ruby: a line of JSON with `call` and its parameters comes in,
# a line with what the client reports goes out.
$LOAD_PATH.unshift File.join(ARGV[0], "lib")
require "ostruct"
require "authy"

Authy.api_uri = ENV["API_URL"]
Authy.api_key = ENV["API_KEY"]

def report(response)
  {
    ok: response.ok?,
    code: response.code,
    message: response["message"] || response.error_msg,
    id: response.id,
    errors: response.errors,
    body: response.to_h,
  }
end

def call(it)
  id = it["id"]
  case it["call"]
  when "register"
    report Authy::API.register_user(
      email: it["email"], cellphone: it["phone"], country_code: it["country_code"], send_install_link_via_sms: false)
  when "status" then report Authy::API.user_status(id: id)
  when "delete" then report Authy::API.delete_user(id: id)
  when "verify" then report Authy::API.verify(id: id, token: it["code"])
  when "sms" then report Authy::API.request_sms(id: id, force: it["force"])
  when "call" then report Authy::API.request_phone_call(id: id, force: it["force"])
  when "email" then report Authy::API.request_email(id: id)
  when "update" then report Authy::API.update_user(id: id, email: it["email"])
  when "qr" then report Authy::API.request_qr_code(id: id, qr_size: 200, qr_label: it["label"])
  when "start"
    report Authy::PhoneVerification.start(
      via: it["via"], country_code: it["country_code"], phone_number: it["phone"], code_length: it["length"])
  when "check"
    report Authy::PhoneVerification.check(
      country_code: it["country_code"], phone_number: it["phone"], verification_code: it["code"])
  when "ask"
    response = Authy::OneTouch.send_approval_request(
      id: id, message: it["message"], details: it["details"], hidden_details: it["hidden"], logos: it["logos"],
      seconds_to_expire: it["seconds"])
    report(response).merge(uuid: response.dig("approval_request", "uuid"))
  when "look"
    response = Authy::OneTouch.approval_request_status(uuid: it["uuid"])
    report(response).merge(status: response.dig("approval_request", "status"))
  else raise "no such call: #{it["call"]}"
  end
end

STDIN.each_line do |line|
  answer = begin
    call(JSON.parse(line))
  rescue StandardError => error
    { ok: false, raised: "#{error.class}: #{error.message}" }
  end
  STDOUT.puts JSON.generate(answer)
  STDOUT.flush
end
