/**
 * Access to PostgreSQL: pool, migrations, transactions, group commit, notifications, leader
 * election, audit log and idempotency keys. Begin with {@link Database}.
 *
 * <p>Threads: {@code Database} may be called from any; each channel listener, the notification
 * connection, each leader loop and each committing batch has a thread of its own.
 *
 * <p>Tables: {@code audit} and {@code idempotency_keys}; every other table belongs to the package
 * that reads it. Only this package uses the driver, the pool and Flyway.
 */
@NullMarked
package dev.whetstone.database;

import org.jspecify.annotations.NullMarked;
