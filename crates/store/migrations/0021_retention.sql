-- What is kept for a time only is found by its time.
CREATE INDEX recent_answers_by_time ON recent_answers (received_at);
