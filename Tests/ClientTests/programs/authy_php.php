<?php
// Makes the calls of authy-php: a line of JSON with `call` and its parameters comes in,
// a line with what the client reports goes out.
ini_set('display_errors', 'stderr');
require 'GuzzleHttp/autoload.php';
foreach (['AuthyFormatException', 'AuthyResponse', 'AuthyToken', 'AuthyUser', 'AuthyApi'] as $class) {
    require "$argv[1]/lib/Authy/$class.php";
}

$client = new Authy\AuthyApi(getenv('API_KEY'), getenv('API_URL'));

function report($response, $more = []) {
    $errors = $response->errors();
    $message = $response->bodyvar('message') ?? (isset($errors->message) ? $errors->message : null);
    $report = ['ok' => $response->ok(), 'message' => $message, 'id' => $response->id(), 'errors' => $errors];
    return array_merge($report, $more);
}

function body($response, ...$names) {
    $body = [];
    foreach ($names as $name) {
        $body[$name] = $response->bodyvar($name);
    }
    return ['body' => $body];
}

function call($client, $it) {
    $id = $it['id'] ?? null;
    $force = ($it['force'] ?? false) ? ['force' => 'true'] : [];
    switch ($it['call']) {
    case 'register':
        return report($client->registerUser($it['email'], $it['phone'], $it['country_code'], false));
    case 'status':
        $response = $client->userStatus($id);
        return report($response, body($response, 'status', 'success'));
    case 'delete':
        return report($client->deleteUser($id));
    case 'verify':
        return report($client->verifyToken($id, $it['code']));
    case 'sms':
    case 'call':
        $response = $it['call'] == 'sms' ? $client->requestSms($id, $force) : $client->phoneCall($id, $force);
        $body = body($response, 'cellphone', 'ignored', 'device');
        return report($response, $body + ['ignored' => $response->bodyvar('ignored') === true]);
    case 'start':
        return report($client->phoneVerificationStart($it['phone'], $it['country_code'], $it['via'], $it['length']));
    case 'check':
        return report($client->phoneVerificationCheck($it['phone'], $it['country_code'], $it['code']));
    case 'info':
        return report($client->phoneInfo($it['phone'], $it['country_code']));
    case 'ask':
        $response = $client->createApprovalRequest($id, $it['message'], [
            'details' => $it['details'],
            'hidden_details' => $it['hidden'],
            'logos' => $it['logos'],
            'seconds_to_expire' => $it['seconds'],
        ]);
        $made = $response->bodyvar('approval_request');
        return report($response, ['uuid' => $made->uuid ?? null]);
    case 'look':
        $response = $client->getApprovalRequest($it['uuid']);
        $read = $response->bodyvar('approval_request');
        return report($response, ['status' => $read->status ?? null]);
    }
    throw new Exception("no such call: {$it['call']}");
}

while (($line = fgets(STDIN)) !== false) {
    try {
        $answer = call($client, json_decode($line, true));
    } catch (Throwable $error) {
        $answer = ['ok' => false, 'raised' => get_class($error) . ': ' . $error->getMessage()];
    }
    fwrite(STDOUT, json_encode($answer) . "\n");
}
