package dev.whetstone.gateway.policies;

import static dev.whetstone.gateway.policies.OperatedVersions.adapter;
import static dev.whetstone.gateway.policies.OperatedVersions.asOperator;
import static dev.whetstone.gateway.policies.OperatedVersions.imported;
import static dev.whetstone.gateway.policies.OperatedVersions.importing;
import static dev.whetstone.gateway.policies.OperatedVersions.promote;
import static dev.whetstone.gateway.policies.OperatedVersions.rollBack;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.Whetstone;
import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.RunningGateway;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.OwnHome;
import dev.whetstone.testing.PathProxy;
import dev.whetstone.testing.TablesOwner;
import dev.whetstone.weights.GgufFile;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The life of versions over HTTP and the command line: imported, promoted, rolled back. */
@QuarkusTest
@Tag("own")
@TestProfile(OwnHome.class)
class PoliciesOverHttpTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Inject Database database;

  @BeforeEach
  void startFromV0() throws InterruptedException {
    rollBack("v0").statusCode(200);
  }

  @Test
  void anAdapterIsImportedPromotedAndRolledBack() throws Exception {
    String before = text("");
    LoraAdapter adapter = adapter(1);

    String version =
        importing(PeftFiles.tensors(adapter), PeftFiles.config(adapter, "tiny"))
            .statusCode(201)
            .body("hash", equalTo(PeftFiles.hash(adapter)))
            .body("aliases", empty())
            .body("rank", equalTo(4))
            .body("target_modules", contains("down_proj", "q_proj"))
            .extract()
            .path("version");
    importing(PeftFiles.tensors(adapter), PeftFiles.config(adapter, "tiny"))
        .statusCode(200)
        .body("version", equalTo(version));

    promote(version).statusCode(200).body("aliases", contains("champion"));
    promote(version).statusCode(200).body("aliases", contains("champion"));
    String after = text("");
    assertThat(after).isNotEqualTo(before);
    assertThat(text(", \"policy\": \"v0\"")).isEqualTo(before);
    assertThat(text(", \"policy\": \"previous\"")).isEqualTo(before);
    assertThat(text(", \"policy\": \"" + PeftFiles.hash(adapter) + "\"")).isEqualTo(after);
    asOperator().get("/policies/champion").then().body("version", equalTo(version));
    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> version.equals(asOperator().get("/policies").path("gateways[0].version")));
    asOperator()
        .get("/policies")
        .then()
        .body("items.find { it.version == 'v0' }.aliases", contains("previous"))
        .body("gateways.find { true }.version", equalTo(version))
        .body("gateways.find { true }.problem", nullValue());

    rollBack(null).statusCode(200).body("version", equalTo("v0"));
    rollBack("v0").statusCode(200).body("version", equalTo("v0"));
    assertThat(text("")).isEqualTo(before);
    asOperator().get("/policies/" + version).then().body("rolled_back_at", notNullValue());
    rollBack(null).statusCode(409).body("code", equalTo("nothing_earlier"));
    rollBack("v999").statusCode(404).body("code", equalTo("unknown_policy"));
    asOperator().urlEncodingEnabled(false).get("/policies/%00").then().statusCode(404);
    promote("no such thing").statusCode(404);
    asOperator()
        .get("/audit")
        .then()
        .body("items[0].action", equalTo("rollback"))
        .body("items[0].version", equalTo("v0"))
        .body("items[1].action", equalTo("promote"));
  }

  @Test
  void aTamperedRowIsNotPromoted() throws IOException {
    LoraAdapter adapter = adapter(3);
    String version =
        importing(PeftFiles.tensors(adapter), PeftFiles.config(adapter, "tiny"))
            .extract()
            .path("version");
    TablesOwner.update(
        database,
        "UPDATE policies SET adapter = set_byte(adapter, length(adapter) - 2, 1)"
            + " WHERE version = ?",
        version);

    promote(version)
        .statusCode(409)
        .body("code", equalTo("policy_refused"))
        .body("detail", containsString("its content has the hash"));
    asOperator().get("/policies/champion").then().body("version", equalTo("v0"));
  }

  @Test
  void aRepeatedRequestChangesNothingTwice() throws IOException {
    String first = imported(4);
    String second = imported(5);
    String key = "key-" + System.nanoTime();
    keyed(key).post("/policies/" + first + "/promote").then().statusCode(200);
    promote(second).statusCode(200);

    keyed(key)
        .post("/policies/" + first + "/promote")
        .then()
        .statusCode(200)
        .body("version", equalTo(first));
    asOperator().get("/policies/champion").then().body("version", equalTo(second));
    keyed(key)
        .post("/policies/" + second + "/promote")
        .then()
        .statusCode(422)
        .body("code", equalTo("idempotency_key_reused"));
    keyed("tabs are not keys").post("/policies/" + first + "/promote").then().statusCode(400);
  }

  @Test
  void aScoreHasTheReward() throws IOException {
    String version = imported(6);
    var score =
        asOperator()
            .contentType("application/json")
            .body(
                "{\"prompt\": \"The song was\", \"completion\": \" great\", \"beta\": 0.5,"
                    + " \"policy\": \""
                    + version
                    + "\"}")
            .post("/score")
            .then()
            .statusCode(200)
            .body("policy", equalTo(version))
            .extract()
            .jsonPath();
    double difference = score.getDouble("logp") - score.getDouble("reference_logp");
    assertThat(difference).isNotZero();
    assertThat(score.getDouble("reward")).isCloseTo(0.5 * difference, offset(1e-6));
  }

  @Test
  void theCommandLineDoesTheSame(@TempDir Path folder) throws IOException {
    LoraAdapter adapter = adapter(7);
    Files.write(folder.resolve("adapter_model.safetensors"), PeftFiles.tensors(adapter));
    Files.writeString(folder.resolve("adapter_config.json"), PeftFiles.config(adapter, "tiny"));

    String version =
        JSON.readTree(run(0, "policies", "import", folder.toString())).path("version").asText();
    assertThat(run(0, "policies", "promote", version, "--reason", "a test"))
        .isEqualTo("Champion: " + version + "\n");
    assertThat(run(0, "policies", "list")).contains(version + " ").contains("champion");
    assertThat(JSON.readTree(run(0, "policies", "show", "champion")).path("version").asText())
        .isEqualTo(version);
    Path exported = folder.resolve("exported");
    run(0, "policies", "export", version, exported.toString());
    Path gguf = folder.resolve("adapter.gguf");
    run(0, "policies", "export", version, gguf.toString(), "--gguf-lora");
    try (GgufFile file = GgufFile.open(gguf)) {
      assertThat(file.names()).hasSize(2 * adapter.modules().size());
    }
    String config = Files.readString(exported.resolve("adapter_config.json"));
    assertThat(
            PeftFiles.hash(
                PeftFiles.read(
                    Files.readAllBytes(exported.resolve("adapter_model.safetensors")), config)))
        .isEqualTo(PeftFiles.hash(adapter));
    assertThat(
            JSON.readTree(run(0, "policies", "import", exported.toString()))
                .path("version")
                .asText())
        .isEqualTo(version);
    assertThat(run(0, "rollback", "--reason", "a test")).isEqualTo("Champion: v0\n");
    assertThat(run(1, "rollback", "--to", "v999", "--reason", "a test"))
        .contains("there is no policy 'v999'");
    assertThat(run(2, "rollback")).contains("--reason");
  }

  @Test
  void theCommandLineReachesAGatewayBelowAPathOfAProxy(@TempDir Path folder) throws IOException {
    LoraAdapter adapter = adapter(11);
    Files.write(folder.resolve("adapter_model.safetensors"), PeftFiles.tensors(adapter));
    Files.writeString(folder.resolve("adapter_config.json"), PeftFiles.config(adapter, "tiny"));
    try (PathProxy proxy = new PathProxy("/tools/whetstone", RestAssured.port)) {
      String version =
          JSON.readTree(runAt(proxy.url(""), 0, "policies", "import", folder.toString()))
              .path("version")
              .asText();
      assertThat(runAt(proxy.url("/"), 0, "policies", "list")).contains(version + " ");
      assertThat(runAt(proxy.url(""), 0, "policies", "promote", version))
          .isEqualTo("Champion: " + version + "\n");
      Path exported = folder.resolve("exported");
      runAt(proxy.url(""), 0, "policies", "export", version, exported.toString());
      assertThat(exported.resolve("adapter_model.safetensors")).isNotEmptyFile();
      assertThat(runAt(proxy.url("//"), 0, "rollback", "--reason", "a test"))
          .isEqualTo("Champion: v0\n");
      assertThat(runAt(proxy.url(""), 0, "open")).contains("/welcome/");
      assertThat(runAt(proxy.url(""), 1, "replay", "gen_none")).contains("(404)");
    }
  }

  private static String run(int expected, String... arguments) {
    return runAt("http://localhost:" + RestAssured.port, expected, arguments);
  }

  private static String runAt(String url, int expected, String... arguments) {
    StringWriter printed = new StringWriter();
    CommandLine line = Whetstone.commandLine();
    line.setOut(new PrintWriter(printed));
    line.setErr(new PrintWriter(printed));
    String[] all = Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--url=" + url;
    all[arguments.length + 1] = "--key=" + OwnHome.key("operator");
    int code = line.execute(all);
    line.getErr().flush();
    assertThat(code).as("%s", printed).isEqualTo(expected);
    return printed.toString();
  }

  private static String text(String more) {
    // A high temperature samples improbable tokens, so another distribution gives another text.
    String ask =
        "{\"prompt\": \"The song was\", \"temperature\": 3, \"seed\": 7, \"max_tokens\": 24,"
            + " \"logit_bias\": {\"2\": -100}"
            + more
            + "}";
    return RunningGateway.with(OwnHome.key("operator"), ask)
        .post("/generate")
        .then()
        .statusCode(200)
        .extract()
        .path("completion.text");
  }

  private static RequestSpecification keyed(String idempotencyKey) {
    return asOperator().header("Idempotency-Key", idempotencyKey);
  }
}
