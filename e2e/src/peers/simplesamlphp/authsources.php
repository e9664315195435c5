<?php
// The users of users.json: "name:password" => {attribute: [values]}.
$users = json_decode(file_get_contents(getenv('E2E_FOLDER') . '/users.json'), true);

$config = ['users' => ['exampleauth:UserPass'] + $users];
