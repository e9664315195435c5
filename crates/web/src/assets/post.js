// Sends the page's one form. Without it the person presses its button.
"use strict";
document.forms[0].submit();
