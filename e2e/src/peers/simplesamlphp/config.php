<?php
// One identity provider with the users of a JSON file. E2E_FOLDER is where all of it is kept, E2E_BASE where the web
// server of the test is.
$folder = getenv('E2E_FOLDER');

$sources = [['type' => 'flatfile', 'directory' => "$folder/metadata"]];
// Read anew with each request: a service provider is trusted from the moment its file is there.
foreach (glob("$folder/trusted/*.xml") as $file) {
    $sources[] = ['type' => 'xml', 'file' => $file];
}

$config = [
    'baseurlpath' => getenv('E2E_BASE'),
    'enable.saml20-idp' => true,
    'module.enable' => ['core' => true, 'exampleauth' => true, 'saml' => true],
    'metadata.sources' => $sources,

    'certdir' => "$folder/keys/",
    'datadir' => "$folder/data/",
    'loggingdir' => "$folder/log/",
    'metadatadir' => "$folder/metadata",
    'tempdir' => "$folder/tmp",
    'attributenamemapdir' => '/etc/simplesamlphp/attributemap/',

    'secretsalt' => 'salt of a test on loopback',
    'auth.adminpassword' => 'unused on loopback',
    'technicalcontact_email' => 'operator@example.com',
    'timezone' => 'UTC',

    'store.type' => 'phpsession',
    'session.phpsession.savepath' => "$folder/sessions",
    'session.phpsession.cookiename' => 'SimpleSAML',
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'language.available' => ['en'],

    'logging.handler' => 'file',
    'logging.level' => 7,
    'debug' => ['saml' => true, 'backtraces' => true, 'validatexml' => false],
    'showerrors' => true,
    'errorreporting' => false,
    'admin.protectmetadata' => false,
    'admin.checkforupdates' => false,
];
