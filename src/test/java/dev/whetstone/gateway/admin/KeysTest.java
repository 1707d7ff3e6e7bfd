package dev.whetstone.gateway.admin;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static dev.whetstone.gateway.RunningGateway.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.security.KeyFormat;
import dev.whetstone.security.KeyStore;
import dev.whetstone.security.KeyUsers;
import dev.whetstone.security.Role;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import jakarta.inject.Inject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys over HTTP and in the database. */
@QuarkusTest
class KeysTest extends ReadyGateway {
  @Inject KeyStore store;
  @Inject ApiKeyCache keyCache;
  @Inject Database database;

  @BeforeEach
  void loadTheKeysOfTheFile() {
    keyCache.refresh();
  }

  @Test
  void aKeyIsValidUntilItIsRevoked() {
    // an older row of the audit log, for the second page
    as("operator", "{\"role\": \"chat\"}").post("/keys").then().statusCode(201);
    JsonPath made =
        as("operator", "{\"role\": \"operator\", \"note\": \"night shift\"}")
            .post("/keys")
            .then()
            .statusCode(201)
            .body("note", equalTo("night shift"))
            .extract()
            .jsonPath();
    String id = made.getString("id");
    with(made.getString("key"), null).get("/keys").then().statusCode(200);

    as("operator", null).delete("/keys/" + id).then().statusCode(204);

    with(made.getString("key"), null).get("/keys").then().statusCode(401);
    as("operator", null).delete("/keys/" + id).then().statusCode(204);
    as("operator", null).delete("/keys/nobodys").then().statusCode(404);
    as("operator", null).urlEncodingEnabled(false).delete("/keys/a%00b").then().statusCode(400);
    JsonPath audit = as("operator", null).get("/audit?limit=2").jsonPath();
    assertThat(audit.getList("items.action")).isEqualTo(List.of("key revoked", "key created"));
    assertThat(audit.getList("items.subject")).isEqualTo(List.of(id, id));
    assertThat(audit.getString("items[0].actor")).startsWith("operator_");
    as("operator", null)
        .get("/audit?limit=1&cursor=" + audit.getString("next"))
        .then()
        .body("items.size()", equalTo(1))
        .body("items.id", not(hasItem(audit.getString("items[1].id"))));
  }

  @Test
  void theListShowsWhenAKeyWasUsedAndHidesTheSecret() {
    as("rater", null).get("/keys").then().statusCode(403);
    keyCache.refresh();
    String id = KeyFormat.id(Role.RATER, KeyFormat.hash(key("rater")));

    String list = as("operator", null).get("/keys?limit=1000").asString();

    assertThat(list).doesNotContain("wsk_").doesNotContain("hash");
    JsonPath rater = JsonPath.from(list).setRootPath("items.find { it.id == '" + id + "' }");
    assertThat(rater.getString("last_used_at")).isNotNull();
    assertThat(rater.getString("revoked_at")).isNull();
    as("operator", null)
        .get("/keys?limit=1")
        .then()
        .body("items.size()", equalTo(1))
        .body("next", notNullValue());
    as("operator", null).get("/keys?limit=1000").then().body("next", nullValue());
  }

  @Test
  void badKeysAreRefused() {
    as("operator", "{\"role\": \"king\"}").post("/keys").then().statusCode(400);
    as("operator", "{\"role\": null}").post("/keys").then().statusCode(400);
    as("operator", "{\"role\": \"chat\", \"note\": \"\"}").post("/keys").then().statusCode(400);
    as("operator", null).get("/keys?limit=0").then().statusCode(400);
    as("chat", "{\"role\": \"chat\"}").post("/keys").then().statusCode(403);
  }

  @Test
  void aPersonalKeyIsOneUser() {
    JsonPath personal = created("{\"role\": \"chat\"}");
    assertThat(personal.getString("users")).isEqualTo("personal");
    String key = personal.getString("key");
    String ask = "{\"prompt\": \"How\", \"pair\": true, \"max_tokens\": 3%s}";

    with(key, ask.formatted(", \"user\": \"anna\""))
        .post("/generate")
        .then()
        .statusCode(400)
        .body("code", equalTo("personal_key"))
        .body("field", equalTo("user"));
    String pair = with(key, ask.formatted("")).post("/generate").path("pair_id");
    String vote = "{\"pair_id\": \"%s\", \"choice\": \"tie\", \"user\": \"%s\"}";
    with(key, vote.formatted(pair, "anna")).post("/preferences").then().statusCode(400);
    with(key, vote.formatted(pair, personal.getString("id")))
        .post("/preferences")
        .then()
        .statusCode(201)
        .body("user", equalTo(personal.getString("id")))
        .body("usable", equalTo(false))
        .body("reason", equalTo("tie"));
    with(
            key,
            "{\"model\": \"champion\", \"prompt\": \"How\", \"max_tokens\": 1, \"user\": \"anna\"}")
        .post("/v1/completions")
        .then()
        .statusCode(200);
    JsonPath application = created("{\"role\": \"chat\", \"users\": \"application\"}");
    with(application.getString("key"), ask.formatted(", \"user\": \"anna\""))
        .post("/generate")
        .then()
        .statusCode(200);
    as("operator", "{\"role\": \"chat\", \"users\": \"many\"}")
        .post("/keys")
        .then()
        .statusCode(400);
  }

  @Test
  void aKeysVotesAreTakenOutAndBack() {
    String id = created("{\"role\": \"chat\", \"users\": \"application\"}").getString("id");
    String change = "{\"counted\": %s, \"reason\": \"made-up names\"}";

    as("operator", change.formatted(false))
        .patch("/keys/" + id)
        .then()
        .statusCode(200)
        .body("counted", equalTo(false));
    as("operator", null)
        .get("/preferences/exclusions")
        .then()
        .body("items.value", hasItem(id))
        .body("items.reason", hasItem("made-up names"));
    as("operator", change.formatted(true))
        .patch("/keys/" + id)
        .then()
        .statusCode(200)
        .body("counted", equalTo(true));
    as("operator", null)
        .get("/preferences/exclusions")
        .then()
        .body("items.value", not(hasItem(id)));
    JsonPath audit = as("operator", null).get("/audit?limit=2").jsonPath();
    assertThat(audit.getList("items.action")).isEqualTo(List.of("include votes", "exclude votes"));

    as("operator", "{\"counted\": false}").patch("/keys/" + id).then().statusCode(400);
    as("operator", "{\"reason\": \"x\"}").patch("/keys/" + id).then().statusCode(400);
    as("operator", change.formatted(false)).patch("/keys/nobodys").then().statusCode(404);
    as("chat", change.formatted(false)).patch("/keys/" + id).then().statusCode(403);
  }

  private static JsonPath created(String body) {
    return as("operator", body).post("/keys").then().statusCode(201).extract().jsonPath();
  }

  @Test
  void theLastOperatorsKeyStays() {
    String own = KeyFormat.id(Role.OPERATOR, KeyFormat.hash(key("operator")));
    as("operator", null)
        .delete("/keys/" + own)
        .then()
        .statusCode(409)
        .body("code", equalTo("last_operator_key"));
    as("operator", null).get("/keys").then().statusCode(200);
  }

  @Test
  void onlyValidKeysTakeTheRoomThatThereIs() {
    database.update(
        """
        INSERT INTO keys (id, role, hash, note, revoked_at)
        SELECT 'chat_many' || n, 'chat', sha256(('many' || n)::bytea), 'many', now()
        FROM generate_series(1, 10000) n""");
    try {
      created("{\"role\": \"chat\"}");

      database.update("UPDATE keys SET revoked_at = NULL WHERE note = 'many'");

      as("operator", "{\"role\": \"chat\"}")
          .post("/keys")
          .then()
          .statusCode(409)
          .body("code", equalTo("too_many_keys"))
          .body("detail", containsString("revoke one first"));
    } finally {
      database.update("DELETE FROM keys WHERE note = 'many'");
    }
  }

  @Test
  void anotherGatewayLearnsOfARevocation() {
    try (var other = new ApiKeyCache(store, List.of(), false, InstantSource.system())) {
      KeyStore.Created made = store.create(Role.CHAT, KeyUsers.PERSONAL, null, "test");
      assertThatThrownBy(() -> other.authenticate(made.secret()))
          .as("not known before the keys are read")
          .isInstanceOf(DatabaseUnavailableException.class);
      other.refresh();
      assertThat(other.authenticate(made.secret())).contains(made.key());

      store.revoke(made.key().id(), "test");
      other.refresh();

      assertThat(other.authenticate(made.secret())).isEmpty();
    }
  }

  @Test
  void onlyItsOwnerCanReadTheFile() throws Exception {
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(Path.of("target/test-models/keys.json"))))
        .isEqualTo("rw-------");
  }
}
