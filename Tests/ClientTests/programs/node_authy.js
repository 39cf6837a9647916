// Makes the calls of node-authy: a line of JSON with `call` and its parameters comes in,
// a line with what the client reports goes out.
'use strict';

const readline = require('readline');
const client = require(process.argv[2])(process.env.API_KEY, process.env.API_URL);

const calls = {
  register: (it, done) => client.register_user(it.email, it.phone, it.country_code, false, done),
  status: (it, done) => client.user_status(it.id, done),
  delete: (it, done) => client.delete_user(it.id, done),
  verify: (it, done) => client.verify(it.id, it.code, done),
  sms: (it, done) => client.request_sms(it.id, it.force, done),
  call: (it, done) => client.request_call(it.id, it.force, done),
  start: (it, done) => client.phones().verification_start(
    it.phone, it.country_code, { via: it.via, code_length: it.length }, done),
  check: (it, done) => client.phones().verification_check(it.phone, it.country_code, it.code, done),
  pending: (it, done) => client.phones().verification_status(it.phone, it.country_code, done),
  info: (it, done) => client.phones().info(it.phone, it.country_code, done),
  ask: (it, done) => client.send_approval_request(
    it.id, { message: it.message, details: it.details, seconds_to_expire: it.seconds }, it.hidden, it.logos, done),
  look: (it, done) => client.check_approval_status(it.uuid, done),
};

readline.createInterface({ input: process.stdin }).on('line', line => {
  const it = JSON.parse(line);
  const say = answer => process.stdout.write(JSON.stringify(answer) + '\n');
  try {
    calls[it.call](it, (error, body) => {
      if (error) {
        say(error instanceof Error
          ? { ok: false, raised: String(error) }
          : { ok: false, message: error.message, errors: error.errors, body: error });
      } else {
        const request = body.approval_request || {};
        say({
          ok: true,
          message: body.message,
          id: (body.user || {}).id,
          uuid: request.uuid,
          status: request.status,
          ignored: body.ignored === true,
          body,
        });
      }
    });
  } catch (error) {
    say({ ok: false, raised: String(error) });
  }
});
