CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE,
    email text NOT NULL,
    email_key text NOT NULL UNIQUE, -- the address as it is compared
    password_hash text NOT NULL, -- argon2id in PHC form: algorithm, cost and salt are part of it
    country text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A session is a family of refresh tokens, of which one is good.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE, -- SHA-256 of the good one
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz -- by logout, or because a spent token was shown
);
CREATE INDEX sessions_user_id ON sessions (user_id);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

-- Those that were changed for a newer one: whoever shows one ends the session.
CREATE TABLE spent_tokens (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX spent_tokens_session_id ON spent_tokens (session_id);
CREATE INDEX spent_tokens_expires_at ON spent_tokens (expires_at);

CREATE TABLE progress (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    problem text NOT NULL, -- slug
    difficulty text NOT NULL CHECK (difficulty IN ('easy', 'medium', 'hard')),
    solved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, problem)
);
