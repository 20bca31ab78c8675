BEGIN TRANSACTION;
CREATE TABLE agent_messages (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                session_id TEXT NOT NULL,
                message_data TEXT NOT NULL,
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
                FOREIGN KEY (session_id) REFERENCES agent_sessions (session_id)
                    ON DELETE CASCADE
            );
INSERT INTO "agent_messages" VALUES(1,'user-1','{"content": "Hello", "role": "user"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(2,'user-1','{"id": "msg_1", "content": [{"annotations": [], "text": "You said: Hello", "type": "output_text"}], "role": "assistant", "status": "completed", "type": "message"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(3,'user-1','{"content": "What is the weather in Oslo?", "role": "user"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(4,'user-1','{"arguments": "{\"city\": \"Oslo\"}", "call_id": "call_1", "name": "weather", "type": "function_call", "id": "fc_1"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(5,'user-1','{"call_id": "call_1", "output": "sunny, 21 \u00b0C", "type": "function_call_output"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(6,'user-1','{"id": "msg_3", "content": [{"annotations": [], "text": "It is sunny, 21 \u00b0C in Oslo.", "type": "output_text"}], "role": "assistant", "status": "completed", "type": "message"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(7,'user/2 ☃','{"content": "Hi there", "role": "user"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(8,'user/2 ☃','{"id": "msg_4", "content": [{"annotations": [], "text": "You said: Hi there", "type": "output_text"}], "role": "assistant", "status": "completed", "type": "message"}','2026-01-02 03:04:05');
INSERT INTO "agent_messages" VALUES(9,'waiting','{"role": "user", "content": "Anybody here?"}','2026-01-02 03:04:05');
CREATE TABLE agent_sessions (
                session_id TEXT PRIMARY KEY,
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
                updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
            );
INSERT INTO "agent_sessions" VALUES('user-1','2026-01-02 03:04:05','2026-01-02 03:04:05');
INSERT INTO "agent_sessions" VALUES('user/2 ☃','2026-01-02 03:04:05','2026-01-02 03:04:05');
INSERT INTO "agent_sessions" VALUES('waiting','2026-01-02 03:04:05','2026-01-02 03:04:05');
CREATE INDEX idx_agent_messages_session_id
            ON agent_messages (session_id, id)
        ;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('agent_messages',9);
COMMIT;
