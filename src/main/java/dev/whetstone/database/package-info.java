/**
 * PostgreSQL for everyone: pool, migrations, transactions, group commit, notifications and leaders.
 * The only user of the driver and the pool.
 */
@NullMarked
package dev.whetstone.database;

import org.jspecify.annotations.NullMarked;
