// Makes the calls of authy-client: a line of JSON with `call` and its parameters comes in,
// a line with what the client reports goes out.
'use strict';

const readline = require('readline');
const { Client } = require(process.argv[2]);

const client = new Client({ key: process.env.API_KEY }, { host: process.env.API_URL });
const place = it => ({ countryCode: String(it.country_code), phone: it.phone });

const calls = {
  register: it => client.registerUser({ ...place(it), email: it.email }),
  status: it => client.getUserStatus({ authyId: it.id }),
  delete: it => client.deleteUser({ authyId: it.id }),
  verify: it => client.verifyToken({ authyId: it.id, token: it.code }, { force: true }),
  sms: it => client.requestSms({ authyId: it.id }, { force: it.force }),
  call: it => client.requestCall({ authyId: it.id }, { force: it.force }),
  start: it => client.startPhoneVerification({ ...place(it), via: it.via }, { codeLength: it.length }),
  check: it => client.verifyPhone({ ...place(it), token: it.code }),
  info: it => client.getPhoneInformation(place(it)),
  ask: it => client.createApprovalRequest(
    { authyId: it.id, details: { hidden: it.hidden, visible: it.details }, logos: it.logos, message: it.message },
    { ttl: it.seconds }),
  look: it => client.getApprovalRequest({ id: it.uuid }),
  application: () => client.getApplicationDetails(),
  statistics: () => client.getApplicationStatistics(),
  activity: it => client.registerActivity({ authyId: it.id, data: it.data, type: it.type }, { ip: it.ip }),
  // As express would hand it on.
  callback: it => {
    const url = new URL(it.url);
    const headers = Object.fromEntries(Object.entries(it.headers).map(([name, value]) => [name.toLowerCase(), value]));
    return client.verifyCallback({
      body: it.method === 'POST' ? JSON.parse(it.body) : it.nested,
      headers: { ...headers, host: url.host },
      method: it.method,
      protocol: url.protocol.slice(0, -1),
      url: url.pathname,
    }).then(() => ({}));
  },
};

readline.createInterface({ input: process.stdin }).on('line', async line => {
  const it = JSON.parse(line);
  let answer;
  try {
    const body = await calls[it.call](it);
    const request = body.approval_request || {};
    answer = {
      ok: true,
      message: body.message,
      id: (body.user || {}).id,
      uuid: request.uuid,
      status: request.status,
      ignored: body.ignored === true,
      body,
    };
  } catch (error) {
    answer = {
      ok: false,
      raised: `${error.name}: ${error.message}`,
      message: error.message,
      code: error.code,
      body: error.body,
      errors: error.errors,
    };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
