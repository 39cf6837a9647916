// Makes the calls of authy-java: a line of JSON with `call` and its parameters comes in,
// a line with what the client reports goes out.

import com.authy.AuthyApiClient;
import com.authy.AuthyException;
import com.authy.AuthyUtil;
import com.authy.api.ApprovalRequestParams;
import com.authy.api.ApprovalRequestParams.Resolution;
import com.authy.api.Hash;
import com.authy.api.Instance;
import com.authy.api.OneTouchResponse;
import com.authy.api.Params;
import com.authy.api.PhoneInfoResponse;
import com.authy.api.Token;
import com.authy.api.User;
import com.authy.api.UserStatus;
import com.authy.api.Verification;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.json.JSONArray;
import org.json.JSONObject;

public class AuthyJava {
    private static final AuthyApiClient client =
        new AuthyApiClient(System.getenv("API_KEY"), System.getenv("API_URL"), true);

    private static Map<String, String> texts(JSONObject object) {
        Map<String, String> all = new HashMap<>();
        for (String key : object.keySet()) all.put(key, object.getString(key));
        return all;
    }

    private static JSONObject report(Instance response) {
        JSONObject report = new JSONObject().put("ok", response.isOk()).put("code", response.getStatus());
        if (response.getError() != null) {
            report.put("message", response.getError().getMessage());
            report.put("error_code", response.getError().getCode().getNumber());
        }
        return report;
    }

    private static Map<String, String> force(JSONObject it) {
        Map<String, String> options = new HashMap<>();
        if (it.getBoolean("force")) options.put("force", "true");
        return options;
    }

    private static Resolution resolution(String name) {
        for (Resolution one : Resolution.values()) if (one.getRes().equals(name)) return one;
        throw new IllegalArgumentException(name);
    }

    private static JSONObject call(JSONObject it) throws Exception {
        String phone = it.optString("phone"), code = it.optString("code");
        String country = String.valueOf(it.optInt("country_code"));
        int id = it.optInt("id");
        switch (it.getString("call")) {
            case "register": {
                User user = client.getUsers().createUser(it.getString("email"), phone, country);
                return report(user).put("id", user.getId());
            }
            case "status": {
                UserStatus status = client.getUsers().requestStatus(id);
                JSONObject report = report(status);
                if (!status.isOk()) return report;
                JSONObject user = new JSONObject()
                    .put("authy_id", status.getUserId())
                    .put("confirmed", status.isConfirmed())
                    .put("registered", status.isRegistered())
                    .put("country_code", status.getCountryCode())
                    .put("phone_number", status.getPhoneNumber())
                    .put("devices", new JSONArray(status.getDevices().toArray()));
                JSONObject body = new JSONObject().put("success", status.isSuccess()).put("status", user);
                return report.put("message", status.getMessage()).put("body", body);
            }
            case "delete":
                return said(client.getUsers().deleteUser(id));
            case "verify": {
                Token token = client.getTokens().verify(id, code);
                return report(token);
            }
            case "sms":
                return said(client.getUsers().requestSms(id, force(it)));
            case "call":
                return said(client.getUsers().requestCall(id, force(it)));
            case "start": {
                Params params = new Params();
                params.setAttribute("code_length", String.valueOf(it.getInt("length")));
                Verification started = client.getPhoneVerification().start(phone, country, it.getString("via"), params);
                return report(started).put("message", started.getMessage());
            }
            case "check": {
                Verification checked = client.getPhoneVerification().check(phone, country, code);
                return report(checked).put("message", checked.getMessage());
            }
            case "info": {
                PhoneInfoResponse info = client.getPhoneInfo().info(phone, country);
                return report(info).put("message", info.getMessage());
            }
            case "ask": {
                ApprovalRequestParams.Builder builder = new ApprovalRequestParams.Builder(id, it.getString("message"));
                builder.setSecondsToExpire(it.getLong("seconds"));
                for (Map.Entry<String, String> one : texts(it.getJSONObject("details")).entrySet()) {
                    builder.addDetail(one.getKey(), one.getValue());
                }
                for (Map.Entry<String, String> one : texts(it.getJSONObject("hidden")).entrySet()) {
                    builder.addHiddenDetail(one.getKey(), one.getValue());
                }
                for (Object one : it.getJSONArray("logos")) {
                    JSONObject logo = (JSONObject) one;
                    builder.addLogo(resolution(logo.getString("res")), logo.getString("url"));
                }
                OneTouchResponse made = client.getOneTouch().sendApprovalRequest(builder.build());
                JSONObject report = report(made).put("success", made.isSuccess()).put("message", made.getMessage());
                if (made.getApprovalRequest() == null) return report;
                return report.put("uuid", made.getApprovalRequest().getUUID());
            }
            case "look": {
                OneTouchResponse read = client.getOneTouch().getApprovalRequestStatus(it.getString("uuid"));
                JSONObject report = report(read).put("success", read.isSuccess()).put("message", read.getMessage());
                OneTouchResponse.ApprovalRequest request = read.getApprovalRequest();
                if (request == null) return report;
                return report
                    .put("status", request.getStatus())
                    .put("created_at", request.createdAt())
                    .put("notified", request.isNotified());
            }
            case "callback": {
                Map<String, String> headers = texts(it.getJSONObject("headers"));
                String url = it.getString("url"), key = System.getenv("API_KEY");
                boolean believed = it.getString("method").equals("POST")
                    ? AuthyUtil.validateSignatureForPost(it.getString("body"), headers, url, key)
                    : AuthyUtil.validateSignatureForGet(texts(it.getJSONObject("query")), headers, url, key);
                return new JSONObject().put("ok", believed);
            }
            default:
                throw new IllegalArgumentException("no such call: " + it);
        }
    }

    private static JSONObject said(Hash response) {
        JSONObject report = report(response);
        if (!response.isOk()) return report;
        return report.put("message", response.getMessage()).put("success", response.isSuccess());
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null; ) {
            JSONObject answer;
            try {
                answer = call(new JSONObject(line));
            } catch (Exception error) {
                answer = new JSONObject().put("ok", false).put("raised", error.toString());
                if (error instanceof AuthyException && ((AuthyException) error).getErrorCode() != null) {
                    answer.put("error_code", ((AuthyException) error).getErrorCode().getNumber());
                }
            }
            System.out.println(answer);
        }
    }
}
