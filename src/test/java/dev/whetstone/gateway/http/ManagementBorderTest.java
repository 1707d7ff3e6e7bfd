package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpMethod;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManagementBorderTest {
  @ParameterizedTest
  @CsvSource({
    "GET, /q/health/ready, 0",
    "HEAD, /q/health/live, 0",
    "GET, /q/health, 0",
    "GET, /q/metrics, 0",
    "POST, /generate, 0",
    "GET, /q/health/nonsense, 404",
    "GET, /q/health/group/any, 404",
    "POST, /q/health/ready, 405",
    "DELETE, /q/metrics, 405",
    "PUT, /q/openapi, 405"
  })
  void whatStandsThereIsReadAndNothingElse(String method, String path, int status) {
    Problem problem = ManagementBorder.fault(HttpMethod.valueOf(method), path);

    if (status == 0) {
      assertThat(problem).isNull();
    } else {
      assertThat(Objects.requireNonNull(problem).status()).isEqualTo(status);
    }
  }
}
