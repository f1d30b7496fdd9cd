import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gongzhi.shared import gateways
from gongzhi.shared.gateways import Parcel, Unreachable

PHONE = "13800002076"


def test_the_console_gateway_masks_the_address(capsys):
    gateways.ConsoleGateway().send(Parcel(to=PHONE, text="【共治】验证码123456"))
    gateways.ConsoleGateway().send(Parcel(to="zhang@example.cn", text="改期"))
    assert capsys.readouterr().out == (
        "消息 → 138****2076：【共治】验证码123456\n消息 → z***@example.cn：改期\n"
    )


def test_the_file_gateway_keeps_a_line_a_message(settings, tmp_path):
    settings.GONGZHI_MESSAGE_FILE = tmp_path / "messages"
    settings.GONGZHI_MESSAGE_GATEWAY = "gongzhi.shared.gateways.FileGateway"
    gateways.send(Parcel(to=PHONE, text="验证码123456"))
    assert (tmp_path / "messages").read_text("utf-8") == (
        '{"phone": "13800002076", "text": "验证码123456"}\n'
    )


def test_the_mail_gateway_sends_mail(mailoutbox):
    gateways.MailGateway().send(Parcel(to="zhang@example.cn", title="改期了", text="改到明天"))
    [mail] = mailoutbox
    assert (mail.subject, mail.body, mail.to) == ("改期了", "改到明天", ["zhang@example.cn"])


class Platform(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(length))
        self.server.got.append((self.headers["Authorization"], body))
        self.send_response({"13800000404": 404, "13800000500": 500}.get(body["to"], 200))
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def platform(settings):
    server = HTTPServer(("127.0.0.1", 0), Platform)
    server.got = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.GONGZHI_MESSAGE_URL = f"http://127.0.0.1:{server.server_port}/send"
    settings.GONGZHI_MESSAGE_TOKEN = "t0ken"
    yield server
    server.shutdown()
    server.server_close()


def test_the_web_gateway_hands_template_and_words_to_the_platform(platform):
    parcel = Parcel(
        to=PHONE, text="改到明天", kind="events.moved", words={"when": "明天"}, ident="7"
    )
    gateways.WebGateway().send(parcel)
    [(token, body)] = platform.got
    assert token == "Bearer t0ken"
    assert (body["to"], body["template"], body["words"], body["id"]) == (
        PHONE,
        "events.moved",
        {"when": "明天"},
        "7",
    )


def test_a_number_that_the_platform_does_not_know_is_unreachable(platform):
    with pytest.raises(Unreachable):
        gateways.WebGateway().send(Parcel(to="13800000404", text="x"))


def test_a_platform_that_is_ill_is_asked_again_later(platform):
    with pytest.raises(OSError, match="500"):
        gateways.WebGateway().send(Parcel(to="13800000500", text="x"))


def test_the_web_gateway_speaks_to_web_addresses_only(settings):
    settings.GONGZHI_MESSAGE_URL = "file:///etc/passwd"
    with pytest.raises(ValueError, match="no web address"):
        gateways.WebGateway().send(Parcel(to=PHONE, text="x"))
