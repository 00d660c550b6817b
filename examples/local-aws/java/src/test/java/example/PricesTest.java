package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.MountableFile;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.athena.AthenaClient;
import software.amazon.awssdk.services.athena.model.QueryExecutionState;
import software.amazon.awssdk.services.athena.model.QueryExecutionStatus;

/** Queries against a seeded Athena, as a project's own tests would make them. */
class PricesTest {
    private static final GenericContainer<?> AWS = new GenericContainer<>("ticklake-aws")
            .withExposedPorts(4566)
            .withCopyFileToContainer(MountableFile.forHostPath(Path.of("../seed").toAbsolutePath().normalize()), "/seed")
            .waitingFor(Wait.forHttp("/_ticklake/health").forPort(4566).withStartupTimeout(Duration.ofMinutes(3)));
    private static AthenaClient athena;

    @BeforeAll
    static void start() {
        AWS.start();
        athena = AthenaClient.builder()
                .endpointOverride(URI.create("http://" + AWS.getHost() + ":" + AWS.getMappedPort(4566)))
                .region(Region.US_EAST_1)
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build();
    }

    @AfterAll
    static void stop() {
        AWS.stop();
    }

    @Test
    void theSeededTableIsCounted() throws InterruptedException {
        assertEquals(List.of("3"), firstColumn("SELECT count(*) FROM market.prices"));
    }

    private static List<String> firstColumn(String sql) throws InterruptedException {
        String id = athena.startQueryExecution(query -> query.queryString(sql)
                        .resultConfiguration(result -> result.outputLocation("s3://market/results/")))
                .queryExecutionId();
        QueryExecutionStatus status;
        do {
            Thread.sleep(50);
            status = athena.getQueryExecution(query -> query.queryExecutionId(id)).queryExecution().status();
        } while (status.state() == QueryExecutionState.QUEUED || status.state() == QueryExecutionState.RUNNING);
        assertEquals(QueryExecutionState.SUCCEEDED, status.state(), status.stateChangeReason());
        return athena.getQueryResults(query -> query.queryExecutionId(id)).resultSet().rows().stream()
                .skip(1)
                .map(row -> row.data().get(0).varCharValue())
                .toList();
    }
}
