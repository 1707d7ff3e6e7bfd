package dev.whetstone.cli;

import dev.whetstone.settings.BuildInfo;
import picocli.CommandLine.IVersionProvider;

/** What {@code ./whetstone --version} prints. */
public final class VersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"whetstone " + BuildInfo.version()};
  }
}
