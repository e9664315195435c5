-- What a mail says that is made when it is wished for, and not when it is sent: subject and paragraphs, as JSON.
ALTER TABLE mails ADD COLUMN letter TEXT;
