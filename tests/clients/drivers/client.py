# SPDX-License-Identifier: Apache-2.0
"""client.py LIBRARY: visits one server per line of standard input, and says how LIBRARY took it."""
import json
import socket
import ssl
import sys

TIMEOUT = 20
system_getaddrinfo = socket.getaddrinfo


def lead(name, host):
    """From now on, `name` leads to `host`: what a line in /etc/hosts would do."""
    def getaddrinfo(asked, *arguments, **options):
        asked = asked.decode() if isinstance(asked, bytes) else asked
        return system_getaddrinfo(host if asked == name else asked, *arguments, **options)
    socket.getaddrinfo = getaddrinfo


def visit_urllib(url, ca):
    import urllib.error
    import urllib.request
    context = ssl.create_default_context(cafile=ca)
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context),
                                         urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=TIMEOUT).read()
    except urllib.error.URLError as e:
        raise e.reason if isinstance(e.reason, Exception) else e


def visit_requests(url, ca):
    import requests
    session = requests.Session()
    session.trust_env = False
    session.get(url, verify=ca, timeout=TIMEOUT)


def visit_httpx(url, ca):
    import httpx
    httpx.get(url, verify=ca, timeout=TIMEOUT, trust_env=False)


def visit_aiohttp(url, ca):
    import asyncio
    import aiohttp

    async def get():
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca))
        async with aiohttp.ClientSession(connector=connector) as session:
            async with session.get(url) as response:
                await response.read()
    asyncio.run(asyncio.wait_for(get(), TIMEOUT))


def make(library, visit):
    lead(visit["name"], visit["host"])
    try:
        globals()[f"visit_{library}"](visit["url"], visit["ca"])
    except Exception as e:
        return {"accepts": False, "message": f"{type(e).__module__}.{type(e).__qualname__}: {e}"}
    return {"accepts": True, "message": ""}


def main():
    answers = []
    for line in sys.stdin:
        answers.append(make(sys.argv[1], json.loads(line)))
        print(json.dumps(answers[-1]), flush=True)
    sys.exit(not all(answer["accepts"] for answer in answers))


main()
