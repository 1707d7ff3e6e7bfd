package dev.whetstone.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.RunningGateway;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.MemoryTensors.Values;
import dev.whetstone.weights.SafetensorsWriter;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

/**
 * Damaged forms and bodies, sent to a running gateway: each is taken or refused with a problem in
 * time, none is an error of the server, and no upload stays. {@link FuzzPlan} says how many.
 */
@QuarkusTest
class HostileUploadsTest extends ReadyGateway {
  private static final int CASES = 1500;
  private static final Duration LONGEST = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TestHTTPResource URI gateway;

  /** A request whose body is damaged. */
  private enum Upload {
    FORM("/policies", "operator", "multipart/form-data; boundary=xyz"),
    PAIRS("/preferences/import", "operator", "application/x-ndjson"),
    GENERATE("/generate", "chat", "application/json"),
    CHAT("/v1/chat/completions", "chat", "application/json");

    final String path;
    final String role;
    final String type;

    Upload(String path, String role, String type) {
      this.path = path;
      this.role = role;
      this.type = type;
    }

    byte[] whole() {
      return switch (this) {
        case FORM -> form();
        case PAIRS -> utf8("{\"prompt\": \"How?\", \"chosen\": \"So\", \"rejected\": \"No\"}\n");
        case GENERATE ->
            utf8(
                "{\"prompt\": \"The film\", \"max_tokens\": 2, \"temperature\": 0.5, \"top_k\": 5,"
                    + " \"stop\": [\".\"], \"logit_bias\": {\"5\": 1}, \"pair\": true, \"user\": \"u\"}");
        case CHAT ->
            utf8(
                "{\"model\": \"champion\", \"max_tokens\": 2, \"n\": 2, \"messages\":"
                    + " [{\"role\": \"user\", \"content\": \"Hi\"}], \"response_format\":"
                    + " {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"s\", \"schema\":"
                    + " {\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\","
                    + " \"pattern\": \"^[a-z]{1,3}$\"}}, \"required\": [\"a\"],"
                    + " \"additionalProperties\": false}}}}");
      };
    }
  }

  @Test
  void everyDamagedBodyIsTakenOrRefused() throws Exception {
    FuzzPlan plan = FuzzPlan.of(CASES, 0.5);
    Mutator mutator = new Mutator(new Random(plan.seed()));
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (int tried = 0; plan.goesOn(tried); tried++) {
        Upload upload = Upload.values()[tried % Upload.values().length];
        byte[] damaged = mutator.mutate(upload.whole());
        HttpResponse<String> answer =
            client.send(request(upload, damaged), BodyHandlers.ofString());
        if (isFault(answer)) {
          Path kept = Path.of("target/fuzz", upload + "-" + plan.seed() + "-" + tried);
          Files.createDirectories(kept.getParent());
          Files.write(kept, damaged);
          throw new AssertionError(
              "%s, seed %d: %d %s; see %s"
                  .formatted(upload, plan.seed(), answer.statusCode(), answer.body(), kept));
        }
      }
    }
    assertThat(uploads()).as("files that stay").isZero();
  }

  private HttpRequest request(Upload upload, byte[] body) {
    return HttpRequest.newBuilder(gateway.resolve(upload.path))
        .timeout(LONGEST)
        .header("Authorization", "Bearer " + RunningGateway.key(upload.role))
        .header("Content-Type", upload.type)
        .POST(BodyPublishers.ofByteArray(body))
        .build();
  }

  /** Whether a user would be left without a word, or with the server's own words. */
  private static boolean isFault(HttpResponse<String> answer) throws IOException {
    int status = answer.statusCode();
    if (status < 300 || status == 503) {
      return false;
    }
    JsonNode problem = JSON.readTree(answer.body());
    String detail = problem.path("detail").asText(problem.path("error").path("message").asText());
    return status >= 500
        || detail.isBlank()
        || detail.contains("Exception")
        || detail.contains("java.")
        || detail.contains("Deserializ")
        || detail.contains("StreamRead")
        || detail.contains("\tat ");
  }

  private static long uploads() throws IOException {
    Path folder =
        Path.of(ConfigProvider.getConfig().getValue("WHETSTONE_HOME", String.class), "uploads");
    if (!Files.exists(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }

  private static byte[] form() {
    String module = "base_model.model." + LoraTarget.moduleName(0, "self_attn.q_proj");
    byte[] tensors =
        SafetensorsWriter.bytes(
            new MemoryTensors(
                Map.of(
                    module + ".lora_A.weight", new Values(new float[64], 1, 64),
                    module + ".lora_B.weight", new Values(new float[64], 64, 1))),
            Map.of("format", "pt"));
    ByteArrayOutputStream form = new ByteArrayOutputStream();
    part(form, "adapter_config", utf8("{\"peft_type\": \"LORA\", \"r\": 1, \"lora_alpha\": 1}"));
    part(form, "adapter_model", tensors);
    form.writeBytes(utf8("--xyz--\r\n"));
    return form.toByteArray();
  }

  private static void part(ByteArrayOutputStream form, String name, byte[] content) {
    form.writeBytes(
        utf8(
            "--xyz\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"f\"\r\n\r\n"
                .formatted(name)));
    form.writeBytes(content);
    form.writeBytes(utf8("\r\n"));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
