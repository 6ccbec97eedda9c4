-- name: create-entry
create table if not exists entry (
    seq integer primary key,
    id text not null unique,
    kind text not null,
    subject text not null,
    at integer not null,
    recorded_at integer not null,
    body blob not null,
    prev blob not null,
    hash blob not null
);

-- name: create-entry-kind
create index if not exists entry_kind on entry (kind, seq);

-- name: create-entry-subject
create index if not exists entry_subject on entry (subject, seq);

-- name: create-head
create table if not exists head (
    one integer primary key,
    seq integer not null,
    hash blob not null,
    frontier blob not null
);

-- name: first-head
insert into head (one, seq, hash, frontier) values (1, 0, :hash, :frontier);

-- name: append-entry
insert into entry (seq, id, kind, subject, at, recorded_at, body, prev, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: move-head
update head set seq = :seq, hash = :hash, frontier = :frontier where one = 1 and seq = :before;

-- name: head
select seq, hash, frontier from head where one = 1;

-- name: last-entry
select seq, hash from entry order by seq desc limit 1;

-- name: hash-of
select hash from entry where seq = :seq;

-- name: read
select seq, body, prev, hash from entry where seq > :after and seq <= :until order by seq limit :most;

-- name: read-kind
select seq, body, prev, hash from entry where kind = :wanted and seq > :after and seq <= :until order by seq limit :most;

-- name: read-subject
select seq, body, prev, hash from entry where subject = :wanted and seq > :after and seq <= :until order by seq limit :most;

-- name: newest-subject
select seq, body, prev, hash from entry where subject = :wanted order by seq desc limit :most;

-- name: by-id
select seq, body, prev, hash from entry where id = :id;

-- name: rows
select seq, id, kind, subject, at, recorded_at, body, prev, hash from entry order by seq;
