package dev.whetstone.gateway.http;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that ask for exports and read nothing of them. */
@QuarkusTest
@Tag("alone")
@TestProfile(ExportLimitTest.ShortIdleTime.class)
class ExportLimitTest extends ReadyGateway {
  private static final String EXPORT = "/preferences?format=jsonl";
  private static final int PLACES = 4;

  @Inject Database database;

  /** A gateway of its own that closes a connection on which nothing happens for three seconds. */
  public static final class ShortIdleTime implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("quarkus.http.idle-timeout", "PT3S");
    }
  }

  @Test
  void aBurstIsRefusedWhileOtherRequestsGoOnAndEndsByItself() throws Exception {
    fillTheLog();
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 3 * PLACES; i++) {
        open.add(ask());
      }
      List<String> begun = new ArrayList<>();
      for (Socket client : open) {
        byte[] line = client.getInputStream().readNBytes("HTTP/1.1 200".length());
        begun.add(new String(line, StandardCharsets.US_ASCII));
      }
      assertThat(begun).filteredOn("HTTP/1.1 200"::equals).hasSize(PLACES);
      assertThat(begun).filteredOn("HTTP/1.1 503"::equals).hasSize(2 * PLACES);

      for (String file : List.of(EXPORT, "/feedback", "/policies/v0/onnx")) {
        Response refused = as("operator", null).get(file);
        assertThat(refused.statusCode()).as(file).isEqualTo(503);
        assertThat(refused.header("Retry-After")).as(file).isEqualTo("5");
        assertThat(refused.asString()).as(file).contains("too_many_exports");
      }
      for (int i = 0; i < 20; i++) {
        as("rater", null).get("/preferences?limit=1").then().statusCode(200);
      }
      as("chat", "{\"prompt\": \"How\", \"max_tokens\": 2, \"pair\": true}")
          .post("/generate")
          .then()
          .statusCode(200);

      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> assertThat(as("operator", null).get("/feedback").statusCode()).isEqualTo(200));
    } finally {
      for (Socket client : open) {
        client.close();
      }
    }
  }

  /** More than what the buffers of all connections hold. */
  private void fillTheLog() {
    // the log of an earlier run may still be there
    String run = UUID.randomUUID().toString();
    database.update(
        """
        INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, text_a, text_b,
          ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b, hash_a, hash_b,
          base_hash, sampling, created_at, expires_at)
        SELECT ? || i, 'chat_1', 'u', 'How?', '{1}', '\\x00', repeat(md5(i::text), 2000), 'short', '{1}', '{2}', '{0}', '{0}',
          'stop', 'stop', 'v0', 'v0', 'h', 'h', 'a base', '{}', now(), now()
        FROM generate_series(1, 400) AS i
        """,
        run);
    database.update(
        """
        INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, recorded_at, policy_a, policy_b)
        SELECT 'pref_' || pair_id, pair_id, 'chat_1', 'u', 'a', now() - interval '1 hour', 'v0', 'v0'
        FROM pairs WHERE starts_with(pair_id, ?)
        """,
        run);
  }

  /** Asks for an export by a connection that takes little at once. */
  private static Socket ask() throws IOException {
    Socket client = new Socket();
    client.setReceiveBufferSize(4096);
    client.setSoTimeout(20_000);
    client.connect(
        new InetSocketAddress(
            InetAddress.getLoopbackAddress(),
            ConfigProvider.getConfig().getValue("quarkus.http.test-port", Integer.class)));
    String request =
        """
        GET %s HTTP/1.1
        Host: localhost
        Authorization: Bearer %s

        """
            .formatted(EXPORT, key("rater"))
            .replace("\n", "\r\n");
    client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return client;
  }
}
