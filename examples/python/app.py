"""A web application that lets people in by Vestibule: Authlib speaks the protocol, Flask serves the pages."""

import os
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, redirect, render_template_string, request, session
from joserfc.errors import JoseError
from requests import RequestException

ISSUER = os.environ.get("ISSUER", "http://localhost:8400")
PORT = int(os.environ.get("PORT", "3000"))
BASE_URL = os.environ.get("BASE_URL", f"http://localhost:{PORT}")  # where browsers find us

# Without TLS a code or a token could be read on its way: on this machine alone.
if urlsplit(ISSUER).scheme != "https" and urlsplit(ISSUER).hostname not in ("localhost", "127.0.0.1", "::1"):
    raise SystemExit(f"ISSUER has to be https: {ISSUER}")

https = BASE_URL.startswith("https:")
app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ.get("SESSION_SECRET") or secrets.token_hex(32),  # without one, a restart signs everybody out
    # The session is in the cookie, signed but readable in the person's own browser.
    SESSION_COOKIE_NAME="__Host-session" if https else "session",
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SAMESITE="Lax",
    SESSION_COOKIE_SECURE=https,
    PERMANENT_SESSION_LIFETIME=timedelta(hours=8),
    SESSION_REFRESH_EACH_REQUEST=False,
)
vestibule = OAuth(app).register(
    "vestibule",
    client_id=os.environ.get("CLIENT_ID", "sample"),
    client_secret=os.environ.get("CLIENT_SECRET", "sample-demo-secret-that-opens-nothing-else"),
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sample</title><h1>Sample</h1>
{% if why %}<p>Signing in did not work. {{ why }}</p><p><a href="/">Start again</a></p>
{% elif person %}<dl><dt>Name</dt><dd>{{ person.name }}</dd><dt>E-mail</dt><dd>{{ person.email }}</dd>
<dt>Account</dt><dd>{{ person.account }}</dd><dt>Roles</dt><dd>{{ person.roles | join(", ") }}</dd></dl>
<form method="post" action="/sign-out"><button>Sign out</button></form>
{% else %}<p>Nobody is signed in.</p><p><a href="/sign-in">Sign in</a></p>{% endif %}"""


@app.get("/")
def home():
    return render_template_string(PAGE, person=session.get("person")), {"Cache-Control": "no-store"}


@app.get("/sign-in")
def sign_in():
    # State, nonce and the verifier of PKCE are made and kept in the session by Authlib.
    return vestibule.authorize_redirect(f"{BASE_URL}/callback")


@app.get("/callback")
def callback():
    if not vestibule.framework.get_state_data(session, request.args.get("state")):
        raise OAuthError("mismatching_state", "It began in another browser, or is over already.")
    token = vestibule.authorize_access_token()  # verifies state, PKCE, nonce and the ID token
    person = token["userinfo"]
    session.clear()
    session.permanent = True
    session["person"] = {
        "sub": person["sub"],  # the key, for ever
        "name": person.get("name"),
        "email": person.get("email"),
        "account": person.get("account", {}).get("path"),
        "roles": person.get("roles", []),
    }
    session["id_token"] = token["id_token"]
    return redirect("/")


@app.post("/sign-out")
def sign_out():
    id_token = session.get("id_token")
    session.clear()
    url = vestibule.create_logout_url(f"{BASE_URL}/", id_token, client_id=vestibule.client_id)["url"]
    return redirect(url, 303)


@app.errorhandler(AuthlibBaseError)
@app.errorhandler(JoseError)
@app.errorhandler(RequestException)
def trouble(error):
    app.logger.warning("%s: %s", request.path, error)
    why = getattr(error, "description", None) or f"No answer of the provider at {ISSUER}."
    return render_template_string(PAGE, why=why), 502 if isinstance(error, RequestException) else 400


if __name__ == "__main__":
    app.run(port=PORT)
