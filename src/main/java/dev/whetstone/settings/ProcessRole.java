package dev.whetstone.settings;

/**
 * Which of the two processes this one is; the same application runs as either. The beans of one
 * role alone bear {@code @LookupIfProperty} with this property, which a command sets before the
 * application starts; a process without it is a gateway.
 */
public final class ProcessRole {
  public static final String PROPERTY = "whetstone.process";
  public static final String GATEWAY = "gateway";
  public static final String TRAINER = "trainer";

  private ProcessRole() {}
}
