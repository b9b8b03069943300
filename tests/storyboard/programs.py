"""The programs in the storyboard: what our config says of them, and their files as they were."""

import json
from dataclasses import dataclass, replace

from tests.storyboard.play import API_KEY, ID, SECRET, Play

OTHER_ID, OTHER_SECRET = "dingolderbot9876", "w" * 60 + "STUV"


@dataclass(frozen=True, slots=True)
class Program:
    """One that keeps its bots in a file beside our config; `more` is what is set besides."""

    kind: str
    path: str
    text: str = ""
    more: str = ""
    mode: int = 0o600

    @property
    def table(self) -> str:
        """What our config says of it."""
        return f'[[targets]]\nkind = "{self.kind}"\npath = "{self.path}"\n{self.more}'

    def put(self, play: Play, *changes: tuple[str, str]) -> None:
        """Makes its file as it is before, but for these changes of the text."""
        file = play.scene.config.parent / self.path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = self.text
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        file.chmod(self.mode)


CONFIG = '[[targets]]\nkind = "config"\n'
ASTRBOT = f'[[targets]]\nkind = "astrbot"\nurl = "<astrbot>"\napi_key = "{API_KEY}"\n'
ASTRBOT_BOT = {
    "id": "sales",
    "type": "dingtalk",
    "enable": True,
    "client_id": "dingsalesbot5555",
    "client_secret": OTHER_SECRET,
    "card_template_id": "",
}
THERE = (
    f'[platforms.dingtalk]\ntype = "dingtalk"\nenabled = true\nclient_id = "{ID}"\n'
    f'client_secret = "{SECRET}"\n'
)

HERMES = Program(
    "hermes",
    "hermes/.env",
    "OPENROUTER_API_KEY=sk-or-example\nDINGTALK_CLIENT_ID=\nDINGTALK_CLIENT_SECRET=\n",
)
HERMES_CONFIG = replace(
    HERMES,
    path="hermes/config.yaml",
    text="platforms:\n  dingtalk:\n    enabled: false\n    extra:\n      robot_code: ding1\n",
)
# Changes of Hermes' file.
TAKEN = (
    ("CLIENT_ID=", f"CLIENT_ID={OTHER_ID}"),
    ("CLIENT_SECRET=", f"CLIENT_SECRET={OTHER_SECRET}"),
)
SOMEBODY = ("OPENROUTER", "DINGTALK_ALLOWED_USERS=manager7\nOPENROUTER")

OPENCLAW = Program(
    "openclaw",
    "openclaw/openclaw.json",
    """\
{
  // written by openclaw onboard
  agents: { defaults: { workspace: "~/.openclaw/workspace" } },
  channels: { telegram: { enabled: true } },
  plugins: { entries: { "dingtalk-connector": { enabled: true } } },
}
""",
)
PLUGIN = '"dingtalk-connector": { enabled: true }'
PLUGIN_OFF = (PLUGIN, '"dingtalk-connector": { enabled: false }')
NO_PLUGIN = replace(OPENCLAW, text=OPENCLAW.text.replace(PLUGIN, ""))
COMMUNITY = replace(NO_PLUGIN, more='channel = "dingtalk"\n')
NANOBOT = Program(
    "nanobot",
    "nanobot/config.json",
    """\
{
  "agents": {"defaults": {"model": "deepseek/deepseek-chat"}},
  "channels": {
    "dingtalk": {"enabled": false, "clientId": "", "clientSecret": "", "allowFrom": []}
  }
}
""",
)
NANOBOT_OFF = ('"clientId": ""', f'"clientId": "{ID}"')
COWAGENT = Program(
    "cowagent",
    "CowAgent/config.json",
    """\
{
  "channel_type": "web",
  "dingtalk_client_id": "",
  "dingtalk_client_secret": ""
}
""",
)
QWENPAW = Program(
    "qwenpaw",
    "qwenpaw/agent.json",
    """\
{
  "id": "default",
  "channels": {"dingtalk": {"enabled": false, "client_id": "", "client_secret": ""}}
}
""",
)
AGENT = replace(QWENPAW, path="qwenpaw/workspaces/default/agent.json")
# What keeps it from running.
AGENT_OFF = (
    replace(
        QWENPAW,
        path="qwenpaw/config.json",
        text='{"agents": {"profiles": {"a": {"workspace_dir": "workspaces/a"}}}}',
    ),
    replace(QWENPAW, path="qwenpaw/.env", text="QWENPAW_ENABLED_CHANNELS=console\n"),
)
ASTRBOT_FILE = Program(
    "astrbot-file",
    "AstrBot/cmd_config.json",
    '{"config_version": 2, "platform": [], "timezone": "Asia/Shanghai"}\n',
    'url = "http://localhost:9"\n',
)
ASTRBOT_RUNS = replace(ASTRBOT_FILE, more='url = "<astrbot>"\n')
OWN_PROGRAM = Program(
    "file",
    "mybot/settings.yaml",
    'log: info\ndingtalk:\n  id: ""\n  secret: ""\n',
    'set = { "dingtalk.id" = "{client_id}", "dingtalk.secret" = "{client_secret}" }\n',
)
SHOPS = tuple(
    Program("config", f"customers/tea-house-{number:02}/config.toml") for number in range(1, 21)
)


def ran(*argv: str) -> str:
    """The table of a command that follows a target's own table."""
    return f"[targets.after]\ncommand = {json.dumps(argv)}\n"
