package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.Whetstone;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The benchmark on the tiny model; checks the output, not the speed. */
class BenchCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void importTheModel() {
    TestModels.tiny();
  }

  private int run(String... arguments) {
    return Whetstone.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void everyCaseIsMeasuredAndTheLastLineIsJson() throws IOException {
    String model = TestModels.tiny().path().toString();
    int exit =
        run(
            "bench",
            "--model",
            model,
            "--batch",
            "1,2",
            "--tokens",
            "8",
            "--context",
            "16",
            "--prompt",
            "64",
            "--repeats",
            "2",
            "--threads",
            "1");

    assertThat(exit).as(err.toString()).isZero();
    assertThat(out.toString()).contains("batch 2, 2 adapters mixed", "longest gap");
    JsonNode report = new ObjectMapper().readTree(out.toString().lines().toList().getLast());
    assertThat(report.path("decode").findValuesAsText("versions"))
        .containsExactly("0", "1", "0", "1", "2");
    for (JsonNode row : report.path("decode")) {
      JsonNode rate = row.path("tokens_per_s");
      assertThat(rate.path("least").asDouble()).isPositive();
      assertThat(rate.path("median").asDouble())
          .isBetween(rate.path("least").asDouble(), rate.path("most").asDouble());
    }
    assertThat(report.path("structured").findValuesAsText("batch")).containsExactly("1", "2");
    assertThat(report.at("/structured/1/tokens_per_s/least").asDouble()).isPositive();
    assertThat(report.path("masks")).hasSize(5);
    for (JsonNode row : report.path("masks")) {
      assertThat(row.path("tokens").asInt()).as(row.toString()).isGreaterThan(16);
      assertThat(row.path("compile_ms").asDouble()).isPositive();
      assertThat(row.path("mean_ms").asDouble()).isPositive();
      assertThat(row.path("most_ms").asDouble())
          .isGreaterThanOrEqualTo(row.path("p99_ms").asDouble());
    }
    assertThat(report.at("/swap/first_token_ms/least").asDouble())
        .isGreaterThanOrEqualTo(report.at("/swap/stage_ms/least").asDouble());
    assertThat(report.at("/prompt/1/tokens_per_s/median").asDouble()).isPositive();
  }

  @Test
  void unusablePlansAreRefusedInOneLine() {
    assertThat(run("bench", "--tokens", "1")).isEqualTo(2);
    assertThat(err.toString()).startsWith("whetstone: ").contains("two tokens");
  }
}
