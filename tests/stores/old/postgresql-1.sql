CREATE SEQUENCE "sessions_place"
;;
CREATE TABLE "sessions" (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            session_id TEXT NOT NULL UNIQUE,
            user_id TEXT,
            status TEXT NOT NULL,
            metadata TEXT NOT NULL,
            created_at TIMESTAMPTZ NOT NULL,
            updated_at TIMESTAMPTZ NOT NULL,
            version BIGINT NOT NULL,
            place BIGINT NOT NULL UNIQUE,
            turns BIGINT NOT NULL,
            branches BIGINT NOT NULL,
            preview TEXT NOT NULL,
            layout TEXT NOT NULL,
            batch TEXT NOT NULL
        )
;;
CREATE INDEX "sessions_of_user" ON "sessions" (user_id, place)
;;
CREATE TABLE "sessions_rows" (
            session BIGINT NOT NULL REFERENCES "sessions" (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            body TEXT NOT NULL,
            text TEXT,
            PRIMARY KEY (session, kind, key)
        )
;;
CREATE TABLE "sessions_metadata" (
            session BIGINT NOT NULL REFERENCES "sessions" (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (session, name)
        )
;;
CREATE INDEX "sessions_by_metadata" ON "sessions_metadata" (name, md5(value))
;;
CREATE TABLE "sessions_schema" (version INTEGER NOT NULL)
;;
INSERT INTO "sessions_schema" VALUES (0)
;;
UPDATE "sessions_schema" SET version = 1
;;
INSERT INTO "sessions" OVERRIDING SYSTEM VALUE VALUES (1, 'old', 'mia', 'active', '{"channel": "web", "stars": 5}', '2026-11-21 10:48:52.588112+00:00'::timestamptz, '2026-11-21 10:48:52.769250+00:00'::timestamptz, 9, 9, 2, 2, 'Hi, I''m Mia. I can''t log in.', '{"made": 2, "runs": 7, "edits": 3, "marks": 4, "seeds": 0, "aliases": 0}', 'c4325a30501da920')
;;
INSERT INTO "sessions" OVERRIDING SYSTEM VALUE VALUES (2, 'plain', 'bob', 'archived', '{}', '2026-11-21 10:48:52.793236+00:00'::timestamptz, '2026-11-21 10:48:52.793236+00:00'::timestamptz, 2, 10, 0, 1, '', '{"made": 1, "runs": 1, "edits": 2, "marks": 2, "seeds": 0, "aliases": 0}', '7d40fc9e2c6af1c4')
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'run', '0', '{"base": null, "start": 0}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'turn', '0:0',  E'["f6d8957eceb5beb8",[2,0,1],[3,0,2]]
{"records":[{"id":"f6d8957eceb5beb8","inputs":{"question":"Hi, I''m Mia. I can''t log in."},"outputs":{"intent":"access","reply":"Hi Mia! Which email address do you use for Tidepool? I will look at that account."},"window":{"edits":1},"created_at":"2026-11-21T10:48:52.611353Z","latency_s":0.0029156199998396914,"calls":[1,2],"after":0},{"id":"82ec0afbaaad52d1","node":"classify","inputs":{"question":"Hi, I''m Mia. I can''t log in."},"outputs":{"intent":"access"},"window":{"edits":1},"created_at":"2026-11-21T10:48:52.611596Z","latency_s":0.0018298509994565393,"requests":[{"model":"demo/tidepool","prompt":[0,2],"answers":[["[[ ## intent ## ]]\\naccess\\n\\n[[ ## completed ## ]]"]],"tokens":[244,12],"latency_s":0.0007064539995553787}]},{"id":"7f9ed47ce56ea555","node":"respond","inputs":{"question":"Hi, I''m Mia. I can''t log in.","intent":"access"},"outputs":{"reply":{"$type":"text","parts":[[["0:0",-1],"reply"]]}},"window":{"edits":1},"created_at":"2026-11-21T10:48:52.613473Z","latency_s":0.00074576299994078,"requests":[{"model":"demo/tidepool","prompt":[1,2],"answers":[["[[ ## reply ## ]]\\n",[["0:0",-1],"reply"],"\\n\\n[[ ## completed ## ]]"]],"tokens":[216,31],"latency_s":0.0003005579992532148}]}],"nodes":[{"classify":[[2,1]],"respond":[[3,1]]}],"filters":[{"exclude":["history"]}],"prompts":[[null,0,[0,1]],[null,0,[2,3]]],"messages":[["system",{"$type":"shared","key":"4ea2f35145dbef3ccbf03c792498c43e"},"[[ ## question ## ]]\\n{question}\\n\\n[[ ## history ## ]]\\n{history}\\n\\n",{"$type":"shared","key":"68ac0b03e948f481c25660e871d1358e"},{"$type":"shared","key":"b8029290d58a9442355f6856f4f5f728"}],["user","[[ ## question ## ]]\\n",[["0:0",0],"question"],{"$type":"shared","key":"a3bb01f708cb344cd4daf25cfedfcf4e"}],["system",{"$type":"shared","key":"63a23bbaa7ce330b0a6d7bad4f847b4d"},"[[ ## question ## ]]\\n{question}\\n\\n[[ ## intent ## ]]\\n{intent}\\n\\n[[ ## history ## ]]\\n{history}\\n\\n[[ ## reply ## ]]\\n{reply}\\n\\n",{"$type":"shared","key":"1208fb9aeeb7ba12459cc7f35a5a087a"}],["user","[[ ## question ## ]]\\n",[["0:0",0],"question"],"\\n\\n[[ ## intent ## ]]\\naccess\\n\\n",{"$type":"shared","key":"cae9ec79559a28fbb8d199d9630d58d6"}]]}', 'hi, i''m mia. i can''t log in.
access
hi mia! which email address do you use for tidepool? i will look at that account.')
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'run', '1', '{"base": null, "start": 0}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'run', '2', '{"base": null, "start": 0}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'run', '3', '{"base": null, "start": 0}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'text', '4ea2f35145dbef3ccbf03c792498c43e',  E'"Your input fields are:\\n1. `question` (str): the customer''s message\\n2. `history` (History):\\nYour output fields are:\\n1. `intent` (Literal[''access'', ''billing'', ''technical'', ''question'', ''smalltalk'', ''other'']):\\nAll interactions will be structured in the following way, with the appropriate values filled in.\\n\\n"', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'text', '68ac0b03e948f481c25660e871d1358e',  E'"[[ ## intent ## ]]\\n{intent}        # note: the value you produce must exactly match (no extra characters) one of: access; billing; technical; question; smalltalk; other\\n\\n"', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'text', 'b8029290d58a9442355f6856f4f5f728',  E'"[[ ## completed ## ]]\\nIn adhering to this structure, your objective is: \\n        Say what a customer of Tidepool wants."', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'text', 'a3bb01f708cb344cd4daf25cfedfcf4e',  E'"\\n\\nRespond with the corresponding output fields, starting with the field `[[ ## intent ## ]]` (must be formatted as a valid Python Literal[''access'', ''billing'', ''technical'', ''question'', ''smalltalk'', ''other'']), and then ending with the marker for `[[ ## completed ## ]]`."', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'text', '63a23bbaa7ce330b0a6d7bad4f847b4d',  E'"Your input fields are:\\n1. `question` (str): the customer''s message\\n2. `intent` (Literal[''access'', ''billing'', ''technical'', ''question'', ''smalltalk'', ''other'']): \\n3. `history` (History):\\nYour output fields are:\\n1. `reply` (str): what the customer reads\\nAll interactions will be structured in the following way, with the appropriate values filled in.\\n\\n"', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'text', '1208fb9aeeb7ba12459cc7f35a5a087a',  E'"[[ ## completed ## ]]\\nIn adhering to this structure, your objective is: \\n        Answer a customer of Tidepool, a planning app. Be brief and take one step at a time."', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'text', 'cae9ec79559a28fbb8d199d9630d58d6', '"Respond with the corresponding output fields, starting with the field `[[ ## reply ## ]]`, and then ending with the marker for `[[ ## completed ## ]]`."', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'turn', '0:1',  E'["87bae466f2bbe151",[2,1,1],[3,1,2]]
{"records":[{"id":"87bae466f2bbe151","inputs":{"question":"It''s mia@reef.example. I tried resetting my password."},"outputs":{"intent":"access","reply":"Thank you, I have noted that. Please look in your spam folder for a mail from help@tidepool.example."},"window":{"stop":1,"edits":1},"created_at":"2026-11-21T10:48:52.644916Z","latency_s":0.0024868010004865937,"calls":[1,2],"before":0,"after":1},{"id":"f020d103204c2167","node":"classify","inputs":{"question":"It''s mia@reef.example. I tried resetting my password."},"outputs":{"intent":"access"},"window":{"stop":1,"edits":1},"created_at":"2026-11-21T10:48:52.644956Z","latency_s":0.001316573999247339,"requests":[{"model":"demo/tidepool","prompt":[0,4],"answers":[["[[ ## intent ## ]]\\naccess\\n\\n[[ ## completed ## ]]"]],"tokens":[342,12],"latency_s":0.0005160299997442053}]},{"id":"cff73c3482265fd5","node":"respond","inputs":{"question":"It''s mia@reef.example. I tried resetting my password.","intent":"access"},"outputs":{"reply":{"$type":"text","parts":[[["0:1",-1],"reply"]]}},"window":{"stop":1,"edits":1},"created_at":"2026-11-21T10:48:52.646308Z","latency_s":0.0010582089998933952,"requests":[{"model":"demo/tidepool","prompt":[1,4],"answers":[["[[ ## reply ## ]]\\n",[["0:1",-1],"reply"],"\\n\\n[[ ## completed ## ]]"]],"tokens":[310,36],"latency_s":0.0003558709995559184}]}],"nodes":[{"classify":[[2,1]],"respond":[[3,1]]},{"classify":[[2,2]],"respond":[[3,2]]}],"filters":[{"exclude":["history"]}],"prompts":[[["0:0",0,2],2,[0,1]],[["0:0",1,2],2,[2,3]]],"messages":[["assistant","[[ ## intent ## ]]\\naccess\\n\\n[[ ## completed ## ]]\\n"],["user","[[ ## question ## ]]\\n",[["0:1",0],"question"],{"$type":"shared","key":"a3bb01f708cb344cd4daf25cfedfcf4e"}],["assistant","[[ ## reply ## ]]\\n",[["0:0",-1],"reply"],"\\n\\n[[ ## completed ## ]]\\n"],["user","[[ ## question ## ]]\\n",[["0:1",0],"question"],"\\n\\n[[ ## intent ## ]]\\naccess\\n\\n",{"$type":"shared","key":"cae9ec79559a28fbb8d199d9630d58d6"}]]}', 'it''s mia@reef.example. i tried resetting my password.
access
thank you, i have noted that. please look in your spam folder for a mail from help@tidepool.example.')
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'marks', '3', '{"base":2,"set":{"87bae466f2bbe151":{"scores":{"helpful":[0.8]},"latest":"helpful","version":1},"bcbb66414f9ddf5a":{"scores":{"helpful":[1.0]},"latest":"helpful","version":1},"f6d8957eceb5beb8":{"scores":{"helpful":[0.3]},"latest":"helpful","label":"corrected","note":"shorter","version":3}}}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'turn', '0:2',  E'["bcbb66414f9ddf5a",[2,2,1],[3,2,2]]
{"records":[{"id":"bcbb66414f9ddf5a","inputs":{"question":"The reset mail never arrived."},"outputs":{"intent":"access","reply":"So the spam folder did not help, Mia. I have just sent a new mail to mia@reef.example, through another mail server."},"window":{"stop":2,"edits":1},"created_at":"2026-11-21T10:48:52.663021Z","latency_s":0.011169708000124956,"calls":[1,2],"before":0,"after":1},{"id":"60b9b832e2dfe22b","node":"classify","inputs":{"question":"The reset mail never arrived."},"outputs":{"intent":"access"},"window":{"stop":2,"edits":1},"created_at":"2026-11-21T10:48:52.663058Z","latency_s":0.0012994189992241445,"requests":[{"model":"demo/tidepool","prompt":[0,6],"answers":[["[[ ## intent ## ]]\\naccess\\n\\n[[ ## completed ## ]]"]],"tokens":[433,12],"latency_s":0.000516850999702001}]},{"id":"6522b4988d39089a","node":"respond","inputs":{"question":"The reset mail never arrived.","intent":"access"},"outputs":{"reply":{"$type":"text","parts":[[["0:2",-1],"reply"]]}},"window":{"stop":2,"edits":1},"created_at":"2026-11-21T10:48:52.664398Z","latency_s":0.009730219999255496,"requests":[{"model":"demo/tidepool","prompt":[1,6],"answers":[["[[ ## reply ## ]]\\n",[["0:2",-1],"reply"],"\\n\\n[[ ## completed ## ]]"]],"tokens":[403,39],"latency_s":0.0006821679999120533}]}],"nodes":[{"classify":[[2,2]],"respond":[[3,2]]},{"classify":[[2,3]],"respond":[[3,3]]}],"filters":[{"exclude":["history"]}],"prompts":[[["0:1",0,4],4,[["0:1",0],0]],[["0:1",1,4],4,[1,2]]],"messages":[["user","[[ ## question ## ]]\\n",[["0:2",0],"question"],{"$type":"shared","key":"a3bb01f708cb344cd4daf25cfedfcf4e"}],["assistant","[[ ## reply ## ]]\\n",[["0:1",-1],"reply"],"\\n\\n[[ ## completed ## ]]\\n"],["user","[[ ## question ## ]]\\n",[["0:2",0],"question"],"\\n\\n[[ ## intent ## ]]\\naccess\\n\\n",{"$type":"shared","key":"cae9ec79559a28fbb8d199d9630d58d6"}]]}', 'the reset mail never arrived.
access
so the spam folder did not help, mia. i have just sent a new mail to mia@reef.example, through another mail server.')
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'branch', 'a0c348918c9410cd', '{"nodes":[{"classify":[[5,2]],"respond":[[6,2]]}],"branch":{"key":"a0c348918c9410cd","name":"what-if","order":1,"log":[4,2],"nodes":0,"edits":2,"marks":3,"parent":"f5fecb5bf5741528","forked_at":1,"starred":false}}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'edits', '2',  E'{"base":1,"set":{"7f9ed47ce56ea555":{"reply":"Hi Mia! \\u0000é🙂"},"f6d8957eceb5beb8":{"reply":"Hi Mia! \\u0000é🙂"}}}', 'hi mia! é🙂
hi mia! é🙂')
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'marks', '2', '{"base":1,"set":{"7f9ed47ce56ea555":{"version":1},"f6d8957eceb5beb8":{"label":"corrected","note":"shorter","version":2}}}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'branch', 'f5fecb5bf5741528', '{"nodes":[{"classify":[[2,2]],"respond":[[3,2]]}],"branch":{"key":"f5fecb5bf5741528","name":"main","order":0,"log":[0,2],"ahead":[0,3],"nodes":0,"edits":2,"marks":3,"forked_at":0,"starred":false}}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'turn', '4:1',  E'["02441ec0c3ed40fd",[5,1,1],[6,1,2]]
{"records":[{"id":"02441ec0c3ed40fd","inputs":{"question":"Not in spam either."},"outputs":{"intent":"access","reply":"So the spam folder did not help, Mia. Which email address do you use for Tidepool? I will look at that account."},"window":{"stop":1,"edits":2},"created_at":"2026-11-21T10:48:52.743813Z","latency_s":0.01300593799987837,"calls":[1,2],"before":0,"after":1},{"id":"2ab621dab3b078c8","node":"classify","inputs":{"question":"Not in spam either."},"outputs":{"intent":"access"},"window":{"stop":1,"edits":2},"created_at":"2026-11-21T10:48:52.743851Z","latency_s":0.008090412999990804,"requests":[{"model":"demo/tidepool","prompt":[0,4],"answers":[["[[ ## intent ## ]]\\naccess\\n\\n[[ ## completed ## ]]"]],"tokens":[333,12],"latency_s":0.007284559999789053}]},{"id":"ef8c0376a3e62981","node":"respond","inputs":{"question":"Not in spam either.","intent":"access"},"outputs":{"reply":{"$type":"text","parts":[[["4:1",-1],"reply"]]}},"window":{"stop":1,"edits":2},"created_at":"2026-11-21T10:48:52.751999Z","latency_s":0.0047590320000381325,"requests":[{"model":"demo/tidepool","prompt":[1,4],"answers":[["[[ ## reply ## ]]\\n",[["4:1",-1],"reply"],"\\n\\n[[ ## completed ## ]]"]],"tokens":[284,38],"latency_s":0.0005764710003859363}]}],"nodes":[{"classify":[[2,1]],"respond":[[3,1]]},{"classify":[[5,2]],"respond":[[6,2]]}],"filters":[{"exclude":["history"]}],"prompts":[[["0:0",0,2],2,[["0:1",0],0]],[["0:0",1,2],2,[1,2]]],"messages":[["user","[[ ## question ## ]]\\n",[["4:1",0],"question"],{"$type":"shared","key":"a3bb01f708cb344cd4daf25cfedfcf4e"}],["assistant","[[ ## reply ## ]]\\nHi Mia! \\u0000é🙂\\n\\n[[ ## completed ## ]]\\n"],["user","[[ ## question ## ]]\\n",[["4:1",0],"question"],"\\n\\n[[ ## intent ## ]]\\naccess\\n\\n",{"$type":"shared","key":"cae9ec79559a28fbb8d199d9630d58d6"}]]}', 'not in spam either.
access
so the spam folder did not help, mia. which email address do you use for tidepool? i will look at that account.')
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'run', '4', '{"base": [0, 1], "start": 1}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'run', '5', '{"base": [2, 1], "start": 1}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (1, 'run', '6', '{"base": [3, 1], "start": 1}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (2, 'branch', '5dc6cdf4f29c8670', '{"branch":{"key":"5dc6cdf4f29c8670","name":"main","order":0,"log":null,"edits":1,"marks":1,"forked_at":0,"starred":false}}', NULL)
;;
INSERT INTO "sessions_rows" OVERRIDING SYSTEM VALUE VALUES (2, 'run', '0', '{"base": null, "start": 0}', NULL)
;;
INSERT INTO "sessions_metadata" OVERRIDING SYSTEM VALUE VALUES (1, 'channel', '"web"')
;;
INSERT INTO "sessions_metadata" OVERRIDING SYSTEM VALUE VALUES (1, 'stars', '5')
;;
SELECT setval('"sessions_place"', 10)
;;
ALTER TABLE "sessions" ALTER COLUMN id RESTART WITH 11
