// Makes the calls of go-authy: a line of JSON with `call` and its parameters comes in,
// a line with what the client reports goes out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"

	authy "github.com/dcu/go-authy"
)

type parameters struct {
	Call    string
	ID      int
	Email   string
	Phone   string
	Country int `json:"country_code"`
	Code    string
	Force   bool
	Via     string
	Length  int
	Message string
	Details map[string]string
	Hidden  map[string]string
	Logos   []map[string]string
	Seconds int
	UUID    string
}

type report map[string]interface{}

func call(client *authy.Authy, it parameters) (report, error) {
	id, more := strconv.Itoa(it.ID), url.Values{}
	switch it.Call {
	case "register":
		more.Set("send_install_link_via_sms", "false")
		user, err := client.RegisterUser(it.Email, it.Country, it.Phone, more)
		if err != nil {
			return nil, err
		}
		return report{"ok": user.Valid(), "id": user.UserData.ID, "message": user.Message, "errors": user.Errors}, nil
	case "status":
		status, err := client.UserStatus(id, more)
		if err != nil {
			return nil, err
		}
		data := status.StatusData
		user := report{
			"authy_id": data.ID, "confirmed": data.Confirmed, "registered": data.Registered,
			"country_code": data.Country, "phone_number": data.PhoneNumber, "devices": data.Devices}
		body := report{"success": status.Success, "status": user}
		return report{"ok": status.Success, "message": status.Message, "body": body}, nil
	case "verify":
		token, err := client.VerifyToken(id, it.Code, more)
		if err != nil {
			return nil, err
		}
		return report{"ok": token.Valid(), "message": token.Message}, nil
	case "sms", "call":
		if it.Force {
			more.Set("force", "true")
		}
		if it.Call == "sms" {
			sms, err := client.RequestSMS(id, more)
			if err != nil {
				return nil, err
			}
			return report{"ok": sms.Valid(), "message": sms.Message}, nil
		}
		phone, err := client.RequestPhoneCall(id, more)
		if err != nil {
			return nil, err
		}
		return report{"ok": phone.Valid(), "message": phone.Message}, nil
	case "start":
		more.Set("code_length", strconv.Itoa(it.Length))
		start, err := client.StartPhoneVerification(it.Country, it.Phone, it.Via, more)
		if err != nil {
			return nil, err
		}
		return report{"ok": start.Success, "message": start.Message}, nil
	case "check":
		check, err := client.CheckPhoneVerification(it.Country, it.Phone, it.Code, more)
		if err != nil {
			return nil, err
		}
		return report{"ok": check.Success, "message": check.Message}, nil
	case "ask":
		for key, value := range it.Hidden {
			more.Set("hidden_details["+key+"]", value)
		}
		for index, logo := range it.Logos {
			more.Set(fmt.Sprintf("logos[%d][res]", index), logo["res"])
			more.Set(fmt.Sprintf("logos[%d][url]", index), logo["url"])
		}
		more.Set("seconds_to_expire", strconv.Itoa(it.Seconds))
		request, err := client.SendApprovalRequest(id, it.Message, authy.Details(it.Details), more)
		if err != nil {
			return nil, err
		}
		return report{"ok": request.Valid(), "uuid": request.UUID}, nil
	case "look":
		request, err := client.FindApprovalRequest(it.UUID, more)
		if err != nil {
			return nil, err
		}
		return report{"ok": request.Valid(), "status": request.Status}, nil
	}
	return nil, fmt.Errorf("no such call: %s", it.Call)
}

func main() {
	client := authy.NewAuthyAPI(os.Getenv("API_KEY"))
	client.BaseURL = os.Getenv("API_URL")
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		var it parameters
		answer, err := report(nil), json.Unmarshal(input.Bytes(), &it)
		if err == nil {
			answer, err = call(client, it)
		}
		if err != nil {
			answer = report{"ok": false, "raised": err.Error()}
		}
		line, _ := json.Marshal(answer)
		fmt.Println(string(line))
	}
}
