// Passkeys need the browser's own dialog: allauth's functions do the work, this file tells them where.

const able = "credentials" in navigator && "PublicKeyCredential" in window;

for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = !able;
for (const part of document.querySelectorAll("[data-no-passkey]")) part.hidden = able;

if (able) {
  const forms = window.allauth?.webauthn?.forms;
  const button = document.querySelector("[data-passkey-form]");
  if (document.getElementById("passkey_login")) {
    forms?.loginForm({ ids: { login: "passkey_login", credential: "mfa_credential" } });
  } else if (button) {
    forms?.[button.dataset.passkeyForm]({
      ids: {
        add: button.id,
        authenticate: button.id,
        passwordless: "id_passwordless",
        credential: "id_credential",
        data: "js_data",
      },
    });
  }
  document.addEventListener("allauth.error", (e) => {
    e.preventDefault();
    const said = document.querySelector("[data-passkey-said]");
    if (said) said.hidden = false;
  });
}
