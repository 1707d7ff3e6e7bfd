package dev.whetstone.app;

import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import dev.whetstone.settings.ProcessRole;
import dev.whetstone.testing.TestModels;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The application as a trainer: the same build, another start-up. */
@QuarkusTest
@Tag("own")
@TestProfile(TrainerProcessTest.AsTrainer.class)
class TrainerProcessTest {
  private static final String STATE = "checks.find { it.name == 'serving' }.data.state";

  /** A trainer with a separate data directory. */
  public static final class AsTrainer implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      Path home = Path.of("target", "trainer-home-" + ProcessHandle.current().pid());
      return Map.of(
          ProcessRole.PROPERTY,
          ProcessRole.TRAINER,
          "WHETSTONE_HOME",
          home.toAbsolutePath().toString());
    }
  }

  @BeforeAll
  static void importModel() {
    TestModels.tiny();
  }

  @Test
  void isReadyOnceItTrains() {
    await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(
            () ->
                given()
                    .get("/q/health/ready")
                    .then()
                    .statusCode(200)
                    .body(STATE, equalTo("training"))
                    .body("checks.findAll { it.name == 'serving' }", hasSize(1)));
    given()
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("whetstone_trainer_leads"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/v1/models", "/votes", "/policies", "/q/openapi", "/events"})
  void servesNoneOfTheGatewaysRoutes(String path) {
    given().get(path).then().statusCode(404);
  }
}
