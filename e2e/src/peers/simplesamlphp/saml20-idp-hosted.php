<?php
// The identity provider. Every key of settings.json goes before those here, and may change while it runs.
$settings = json_decode(file_get_contents(getenv('E2E_FOLDER') . '/settings.json'), true);

$email = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
$unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';
$bindings = [
    'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect',
    'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST',
];

$metadata[getenv('E2E_BASE') . 'idp'] = $settings + [
    'host' => '__DEFAULT__',
    'auth' => 'users',
    'privatekey' => 'signing.key',
    'certificate' => 'signing.crt',
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
    'SingleSignOnServiceBinding' => $bindings,
    'SingleLogoutServiceBinding' => $bindings,
    // One name of each format; which is sent is the request's choice, then that of the settings.
    'authproc' => [
        10 => ['class' => 'saml:AttributeNameID', 'attribute' => 'email', 'Format' => $email],
        11 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => $unspecified],
        12 => ['class' => 'saml:PersistentNameID', 'attribute' => 'uid'],
        13 => ['class' => 'saml:TransientNameID'],
    ],
];
