"""Our own way to Telegram inside somebody's application."""

from telegram import Bot


def plain(bot: Bot) -> Bot:
    """A bot on the same connections that sends what it is given.

    An application's own bot may exchange what buttons carry for keys that it forgets, and add
    defaults of its host to our messages. It is not to be initialized or shut down.
    """
    return Bot(
        bot.token,
        base_url=lambda _: bot.base_url,
        base_file_url=lambda _: bot.base_file_url,
        request=bot.request,
        get_updates_request=bot.request,
        local_mode=bot.local_mode,
    )
