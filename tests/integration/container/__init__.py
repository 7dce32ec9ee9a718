"""The image, docker-compose.yml and the container fixture, with a real engine: the Docker tier."""
