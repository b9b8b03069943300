"""OpenClaw's files as their owners leave them."""

from tests.support.target_scenes import OLD_ID, OLD_SECRET

OPENCLAW = """\
{
  // edited by hand since January
  "meta": { "lastTouchedVersion": "2026.4.2" },
  agents: {
    defaults: {
      model: { primary: 'anthropic/claude-opus-4-5', },
      workspace: "~/.openclaw/workspace",   // on the big disk
    },
  },
  "channels": {
    "telegram": {
      "enabled": true,
      "botToken": "123:abc",
      "allowFrom": ["42", "43"],
    },
    /* whatsapp: { enabled: true }, */
  },
  "plugins": {
    "entries": {
      "telegram": {"enabled": true},
    },
  },
  "gateway": {
    "port": 18789, "mode": "local",
    "auth": { "token": "${OPENCLAW_GATEWAY_TOKEN}" },
  },
}
"""
FIRST = f"""\
{{
  channels: {{
    'dingtalk-connector': {{ // the club's
      enabled: true,
      "clientId": "{OLD_ID}", clientSecret: '{OLD_SECRET}',
      dmPolicy: "open",
    }},
  }},
  plugins: {{ entries: {{ "dingtalk-connector": {{ enabled: true }} }} }},
}}
"""
