"""What the pages say, in each language."""

ENGLISH = {
    "title": "Lark stand-in",
    "sandbox": "Sandbox",
    "warning": "This is neither Lark nor Feishu. Nothing here leaves this computer.",
    "lead": "wants to be created in your organisation",
    "code_label": "The chat must show this code",
    "code": "Code",
    "approve": "Approve",
    "decline": "Decline",
    "approved": "Done, go back to the chat",
    "approved_hint": "The app is created. The credentials are on their way.",
    "denied": "You declined",
    "denied_hint": "Nothing was created. Go back to the chat to try again.",
    "expired": "This link has expired",
    "expired_hint": "Ask for a new one in the chat.",
    "unknown": "Nobody knows this code",
    "unknown_hint": "Open the link from the chat again, or ask for a new one there.",
}
CHINESE = {
    "title": "飞书模拟器",
    "sandbox": "沙盒",
    "warning": "这里既不是飞书，也不是 Lark。任何内容都不会离开这台电脑。",
    "lead": "将在你的组织中创建",
    "code_label": "聊天中应显示同样的验证码",
    "code": "验证码",
    "approve": "同意",
    "decline": "拒绝",
    "approved": "完成，请回到聊天",
    "approved_hint": "应用已创建，凭证正在送达。",
    "denied": "你已拒绝",
    "denied_hint": "没有创建任何应用。请回到聊天重试。",
    "expired": "链接已失效",
    "expired_hint": "请在聊天中重新获取链接。",
    "unknown": "没有这个验证码",
    "unknown_hint": "请重新打开聊天中的链接，或在聊天中获取新链接。",
}
WORDS = {"en": ENGLISH, "zh": CHINESE}
