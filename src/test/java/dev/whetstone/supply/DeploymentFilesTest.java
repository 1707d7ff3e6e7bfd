package dev.whetstone.supply;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What an image must not hold, and what the manifests promise. */
class DeploymentFilesTest {
  @Test
  void theImageIsBuiltWithoutDataAndWhatWasBuiltElsewhere() throws IOException {
    assertThat(Files.readAllLines(Path.of(".dockerignore"))).contains("data", "target");
    assertThat(Path.of("src/main/docker/Dockerfile"))
        .content()
        .contains("USER 10001", "-XX:+ExitOnOutOfMemoryError", "-XX:TrimNativeHeapInterval=60000")
        .contains("FROM ${BUILD_IMAGE}", "FROM ${RUNTIME_IMAGE}");
  }

  @Test
  void whatAProcessWritesIsForItsOwner() throws IOException {
    for (String script : new String[] {"run", "whetstone"}) {
      assertThat(Path.of(script)).content().contains("umask 077");
    }
  }

  @Test
  void processesAreConfinedAndLeaveInOrder() throws IOException {
    for (String name : new String[] {"gateway", "trainer"}) {
      assertThat(Path.of("k8s", name + ".yaml"))
          .content()
          .contains("readOnlyRootFilesystem: true", "runAsNonRoot: true");
    }
    assertThat(Path.of("k8s/gateway.yaml"))
        .content()
        .contains("preStop:", "livenessProbe:", "readinessProbe:");
    String network = Files.readString(Path.of("k8s/network.yaml"));
    assertThat(network.split("kind: NetworkPolicy", -1)).hasSizeGreaterThanOrEqualTo(4);
  }
}
