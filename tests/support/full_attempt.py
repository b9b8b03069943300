"""An attempt with something in every field."""

from pydantic import SecretStr

from bootstrap_bot.providers.provider import Health, Link, Stage
from bootstrap_bot.registration.attempt import Approval, Held, State
from bootstrap_bot.registration.delivery import Delivery, DeliveryState
from tests.support.attempts import an_attempt
from tests.support.credentials import ding_pair

DELIVERY = Delivery(
    target="hermes:/srv/config.yaml",
    place="config.yaml",
    state=DeliveryState.WRITTEN,
    platform_id="dingtalk_2",
    updated=True,
    trouble="occupied",
    line=3,
    column=9,
    kind="hermes",
    occupant="dingOTHER",
    agreed=True,
    begun=True,
    exposed=True,
    about="/mnt/card",
    closed="skipped",
    notes="restart narrowed",
    runs=2,
    run_at=12.5,
    run_end="failed",
    run_status=7,
    run_seconds=0.25,
    run_output="no such unit",
)
# Every field differs from its default, and every flag is up.
FULL = an_attempt(
    state=State.CAPTURED,
    told=True,
    stale=True,
    message="5",
    old_message="4",
    replaces="dingOLD",
    device_state=SecretStr("device-code"),
    user_code="ABCD",
    links=(Link("app", "https://example.com/b"), Link("browser", "https://example.com/a")),
    qr="https://example.com/a",
    interval=6.5,
    expires_at=11.0,
    let_go_at=11.5,
    topic="7001",
    stage=Stage.SCANNED,
    stage_at=12.0,
    checked_at=13.0,
    approval=Approval.PENDING,
    watching=True,
    health=Health.WORKS,
    looked_at=14.0,
    held=Held.CONFIRM,
    account="dingNEW",
    values=ding_pair("dingNEW", "secret").values,
    masked_secret="••••",
    reason="because",
    trouble="timeout",
    trouble_since=15.0,
    stored_at=16.0,
    deliveries=(DELIVERY, Delivery("config:/b", "b")),
)
